import EngineKit
import Glibc
import NetworkAddresses
import ServerConfig
import TLS
import Testing

// SPDX-License-Identifier: Apache-2.0
@testable import Doctor

@Suite("Checks")
struct ChecksTests {
    @Test("a healthy machine has a finding for each check, all of them well")
    func healthy() {
        var config = ServerConfig()
        config.metrics.tokenFile = "/srv/token"
        let facts = MachineFacts.healthy.with(\.metricsToken, .present(head: Array("secret".utf8)))
        let findings = Checks(config: config, facts: facts).findings
        // What can only be asked of a server that runs comes last.
        let asked: [Finding.Check] = [.stun, .turnUDP, .turnTCP, .turnTLS]
        #expect(findings.map(\.check) == Array(Finding.Check.allCases.dropFirst().dropLast(asked.count)))
        #expect(findings.allSatisfy { $0.level == .ok && $0.why.isEmpty && $0.fix.isEmpty })
    }

    @Test(
        "the port",
        arguments: [
            (.free, .ok, "0.0.0.0:8443 is free"),
            (.parley, .ok, "0.0.0.0:8443 is in use by a Parley that answers"),
            (.taken, .failure, "0.0.0.0:8443 is in use by another program"),
            (.unknownHost, .failure, "the name 0.0.0.0 is not known"),
            (.refused(EACCES), .failure, "0.0.0.0:8443 is for the system's own programs"),
            (.refused(EADDRNOTAVAIL), .failure, "0.0.0.0 is not an address of this machine"),
            (.refused(EMFILE), .failure, "0.0.0.0:8443 cannot be listened on: Too many open files"),
        ] as [(MachineFacts.Port, Finding.Level, String)])
    func port(_ port: MachineFacts.Port, _ level: Finding.Level, _ what: String) {
        let found = finding(.port, .healthy.with(\.port, port))
        #expect(found?.level == level)
        #expect(found?.what == what)
        #expect((found?.fix.isEmpty == true) == (level == .ok))
    }

    @Test("the ports of dialects, where there are any, which a Parley that runs already has")
    func dialects() {
        #expect(finding(.dialects, .healthy)?.what == "none has a port of its own")
        let free = MachineFacts.healthy.with(\.dialectPorts, [3000: .free, 8181: .free])
        #expect(finding(.dialects, free)?.what == "ports 3000, 8181 can be used")
        let taken = free.with(\.dialectPorts, [3000: .taken, 8181: .free])
        #expect(finding(.dialects, taken)?.level == .failure)
        #expect(finding(.dialects, taken)?.what == "ports 3000 cannot be used")
        #expect(finding(.dialects, taken.with(\.port, .parley))?.level == .ok)
    }

    @Test("a machine without addresses warns, unless it is meant for itself only")
    func addresses() {
        let alone = MachineFacts.healthy.with(\.names, CertificateNames(hostName: "desk", addresses: []))
        #expect(finding(.addresses, alone)?.level == .warning)
        #expect(finding(.addresses, alone) { $0.http.listen.host = "127.0.0.1" }?.level == .ok)
        #expect(finding(.addresses, .healthy)?.what == "192.168.1.20")
    }

    @Test("a clock of long ago is a failure, one that nothing keeps a warning")
    func clock() {
        let long = MachineFacts.healthy.with(\.now, WallClock(milliseconds: 0))
        #expect(finding(.clock, long)?.what == "the clock says 1970-01-01")
        #expect(finding(.clock, long)?.level == .failure)
        #expect(finding(.clock, .healthy.with(\.isClockSynchronized, false))?.level == .warning)
        #expect(finding(.clock, .healthy.with(\.isClockSynchronized, nil))?.level == .ok)
    }

    @Test("fewer than 4096 open files are a warning")
    func openFiles() {
        #expect(finding(.files, .healthy.with(\.openFiles, 4095))?.level == .warning)
        #expect(finding(.files, .healthy.with(\.openFiles, 4096))?.level == .ok)
        #expect(finding(.files, .healthy.with(\.openFiles, .max))?.what == "no limit")
    }

    @Test(
        "the data folder",
        arguments: [
            (.present(isWritable: true, owner: 7, user: 7), .ok),
            (.present(isWritable: true, owner: 7, user: 0), .warning),
            (.present(isWritable: false, owner: 7, user: 8), .failure),
            (.missing(parent: "/srv", isWritable: true), .ok),
            (.missing(parent: "/srv", isWritable: false), .failure),
            (.notFolder, .failure), (.unreadable(EACCES), .failure),
        ] as [(MachineFacts.Folder, Finding.Level)])
    func folder(_ folder: MachineFacts.Folder, _ level: Finding.Level) {
        let found = finding(.folder, .healthy.with(\.folder, folder))
        #expect(found?.level == level)
        #expect(found?.what.hasPrefix("./data ") == true)
        #expect((found?.fix.isEmpty == true) == (level == .ok))
    }

    @Test("promises nothing that takes a data folder while there can be none")
    func promises() {
        let machine = MachineFacts.healthy
        let hopeless = machine.with(\.folder, .missing(parent: "/srv", isWritable: false))
        for check in [Finding.Check.database, .certificate] {
            #expect(finding(check, machine)?.what.hasSuffix("will be made at the first start") == true)
            #expect(
                finding(check, hopeless)?.what.hasSuffix("once there is a data folder to write to") == true)
        }
    }

    @Test(
        "free space",
        arguments: [
            (99 << 20, .failure, "99 MiB free"), (100 << 20, .warning, "100 MiB free"),
            ((1 << 30) - 1, .warning, "1023 MiB free"), (1 << 30, .ok, "1024 MiB free"),
            (20 << 30, .ok, "20 GiB free"), (nil, .ok, "free space is not known"),
        ] as [(Int64?, Finding.Level, String)])
    func disk(_ free: Int64?, _ level: Finding.Level, _ what: String) {
        let found = finding(.disk, .healthy.with(\.freeBytes, free))
        #expect(found?.level == level)
        #expect(found?.what == what)
    }

    private static let header = Array("SQLite format 3\u{0}".utf8) + [UInt8](repeating: 0, count: 52)
    private static let rest = [UInt8](repeating: 0, count: 28)

    @Test(
        "the database",
        arguments: [
            (.missing, .ok), (.present(head: []), .ok),
            (.present(head: header + Array("PRLY".utf8) + rest), .ok),
            (.present(head: header + [0, 0, 0, 0] + rest), .ok),
            (.present(head: header + Array("MPBX".utf8) + rest), .failure),
            (.present(head: Array("SQLite format 3".utf8)), .failure),
            (.present(head: Array("nonsense".utf8)), .failure),
            (.unreadable(EACCES), .failure),
        ] as [(MachineFacts.File, Finding.Level)])
    func database(_ file: MachineFacts.File, _ level: Finding.Level) {
        #expect(finding(.database, .healthy.with(\.database, file))?.level == level)
    }

    @Test("the metrics token is looked at only when there is one")
    func metrics() {
        #expect(finding(.metrics, .healthy) == nil)
        for (file, level) in [
            (.present(head: Array("abc\n".utf8)), .ok), (.present(head: []), .failure),
            (.present(head: Array("\nabc".utf8)), .failure), (.missing, .failure),
            (.unreadable(EACCES), .failure),
        ] as [(MachineFacts.File, Finding.Level)] {
            let found = finding(.metrics, .healthy.with(\.metricsToken, file)) { $0.metrics.tokenFile = "/t" }
            #expect(found?.level == level)
        }
    }
}

@Suite("The certificate check")
struct CertificateCheckTests {
    @Test(
        "says what becomes of Parley's own",
        arguments: [
            (.created, .ok), (.kept, .ok), (.renewed(reason: "it lacked 10.0.0.1"), .ok),
            (.authorityRemade(reason: "it expires"), .warning),
        ] as [(LocalCertificate.Change, Finding.Level)])
    func local(_ change: LocalCertificate.Change, _ level: Finding.Level) {
        #expect(finding(.certificate, .healthy.with(\.certificate, .local(change, nil)))?.level == level)
    }

    @Test("says nothing about a certificate that nobody uses")
    func off() {
        let facts = MachineFacts.healthy.with(\.certificate, .unused)
        #expect(finding(.certificate, facts)?.what == "TLS is off; this machine only")
        let proxied = finding(.certificate, facts) {
            $0.http.trustedProxies = AddressRange(setting: "10.0.0.1").map { [$0] } ?? []
        }
        #expect(proxied?.what == "TLS is off; the proxy's certificate counts")
    }

    @Test(
        "judges the operator's certificate by its dates",
        arguments: [(-2, .failure), (-1, .ok), (185, .ok), (186, .warning), (199, .warning), (200, .failure)]
            as [(Int64, Finding.Level)])
    func dates(_ days: Int64, _ level: Finding.Level) throws {
        let folder = try TemporaryFolder()
        let made = try LocalAuthority.ensure(
            folder: folder.path, names: MachineFacts.healthy.names, now: winter)
        let chain = try Certificate.chain(inFile: made.certificateFile)
        // Made an hour before the winter day, good for 200 days from it.
        let now = WallClock(
            milliseconds: winter.milliseconds + days * 86_400_000 + (days == -1 ? 86_000_000 : 0))
        let files = MachineFacts.CertificateFiles.files(
            chain: chain, keyMatches: true, keyFile: made.keyFile, isKeyExposed: false)
        let found = finding(.certificate, .healthy.with(\.certificate, files).with(\.now, now))
        #expect(found?.level == level, "\(String(describing: found))")
    }

    @Test("names the operator's certificate, and what is wrong with its files")
    func files() throws {
        let folder = try TemporaryFolder()
        let made = try LocalAuthority.ensure(
            folder: folder.path, names: MachineFacts.healthy.names, now: winter)
        let chain = try Certificate.chain(inFile: made.certificateFile)
        func check(_ chain: [Certificate], keyMatches: Bool = true, isKeyExposed: Bool = false) -> Finding? {
            let files = MachineFacts.CertificateFiles.files(
                chain: chain, keyMatches: keyMatches, keyFile: "/k.pem", isKeyExposed: isKeyExposed)
            return finding(.certificate, .healthy.with(\.certificate, files))
        }
        #expect(
            check(chain)?.what
                == "for localhost, desk, desk.local, 127.0.0.1, ::1, 192.168.1.20 until 2027-06-19")
        #expect(check(chain, keyMatches: false)?.level == .failure)
        #expect(check(chain, isKeyExposed: true)?.fix == "Close it: sudo chmod o= /k.pem")
        #expect(check([chain[0]])?.what == "the file has no certificate of an issuer")
        #expect(check([chain[1]])?.what == "it names no server")
    }
}

@Suite("Dates")
struct CalendarDateTests {
    @Test(
        "are those of the calendar",
        arguments: [
            (0, "1970-01-01"), (-1, "1969-12-31"), (951_782_400, "2000-02-29"), (951_868_800, "2000-03-01"),
            (1_767_225_599, "2025-12-31"), (1_767_225_600, "2026-01-01"), (4_107_542_400, "2100-03-01"),
            (-2_208_988_800, "1900-01-01"), (253_402_300_799, "9999-12-31"),
        ] as [(Int64, String)])
    func dates(_ seconds: Int64, _ text: String) {
        #expect("\(CalendarDate(WallClock(milliseconds: seconds * 1000)))" == text)
    }
}
