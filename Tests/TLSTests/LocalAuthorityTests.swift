// SPDX-License-Identifier: Apache-2.0
import EngineKit
import Foundation
import TLS
import Testing

private let home = CertificateNames(hostName: "Desk", addresses: ["192.168.1.20", "fd00::20"])

@Suite("The local authority")
struct LocalAuthorityTests {
    @Test("makes an authority and a certificate for every name and address")
    func creates() throws {
        let folder = try DataFolder()
        let made = try LocalAuthority.ensure(folder: folder.path, names: home, now: newYear)
        #expect(made.change == .created)
        let chain = try Certificate.chain(inFile: made.certificateFile)
        #expect(chain.count == 2)
        #expect(
            chain[0].names == [
                "localhost", "desk", "desk.local", "127.0.0.1", "::1", "192.168.1.20", "fd00::20",
            ])
        #expect(chain[0].notBefore == newYear + -3_600_000)
        #expect(chain[0].notAfter == newYear + 200 * day)
        let authority = try Certificate.chain(inFile: made.authorityFile)[0]
        #expect(authority.notAfter == newYear + 3653 * day)
        #expect(authority.fingerprint == made.authorityFingerprint)
        #expect(try Array(Data(contentsOf: URL(filePath: made.authorityFile))) == made.authorityPEM)
        #expect(chain[1].fingerprint == made.authorityFingerprint)
        #expect(try PrivateKey(file: made.keyFile).matches(chain[0]))
    }

    @Test("files and their folder are for their owner only")
    func permissions() throws {
        let folder = try DataFolder()
        _ = try LocalAuthority.ensure(folder: folder.path, names: home, now: newYear)
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.file("")).sorted()
        #expect(names == ["authority-key.pem", "authority.pem", "server-key.pem", "server.pem"])
        #expect(try names.allSatisfy { try folder.permissions(folder.file($0)) == 0o600 })
        #expect(try folder.permissions(folder.path + "/certificates") == 0o700)
    }

    @Test("changes nothing when nothing has changed")
    func keeps() throws {
        let folder = try DataFolder()
        let made = try LocalAuthority.ensure(folder: folder.path, names: home, now: newYear)
        let before = try folder.read("server.pem")
        let again = try LocalAuthority.ensure(
            folder: folder.path + "/", names: home, now: newYear + 170 * day)
        #expect(again.change == .kept)
        #expect(again.authorityFingerprint == made.authorityFingerprint)
        #expect(try folder.read("server.pem") == before)
    }

    @Test("fewer names are no reason to renew")
    func keepsWithFewerNames() throws {
        let folder = try DataFolder()
        _ = try LocalAuthority.ensure(folder: folder.path, names: home, now: newYear)
        let offline = CertificateNames(hostName: "desk", addresses: [])
        #expect(try LocalAuthority.ensure(folder: folder.path, names: offline, now: newYear).change == .kept)
    }

    @Test("renews the certificate under the same authority for a new private address")
    func renewsForAddress() throws {
        let folder = try DataFolder()
        let made = try LocalAuthority.ensure(folder: folder.path, names: home, now: newYear)
        let office = CertificateNames(hostName: "desk", addresses: ["10.1.2.3", "100.64.0.9", "fe80::1"])
        let renewed = try LocalAuthority.ensure(folder: folder.path, names: office, now: newYear)
        #expect(renewed.change == .renewed(reason: "it lacked 10.1.2.3, 100.64.0.9, fe80::1"))
        #expect(renewed.authorityFingerprint == made.authorityFingerprint)
        let names = try Certificate.chain(inFile: renewed.certificateFile)[0].names
        #expect(names.contains("10.1.2.3"))
        #expect(!names.contains("192.168.1.20"))
    }

    @Test("renews the certificate from 30 days before its end, and not before")
    func renewsInTime() throws {
        let folder = try DataFolder()
        _ = try LocalAuthority.ensure(folder: folder.path, names: home, now: newYear)
        let change = { (days: Int64) in
            try LocalAuthority.ensure(folder: folder.path, names: home, now: newYear + days * day).change
        }
        #expect(try change(170) == .kept)
        #expect(try change(171) == .renewed(reason: "the old one expires within 30 days"))
        #expect(try change(171) == .kept)
    }

    @Test("replaces the authority shortly before its end")
    func replacesOldAuthority() throws {
        let folder = try DataFolder()
        let made = try LocalAuthority.ensure(folder: folder.path, names: home, now: newYear)
        let late = try LocalAuthority.ensure(folder: folder.path, names: home, now: newYear + 3624 * day)
        #expect(late.change == .authorityRemade(reason: "the old authority expires within 30 days"))
        #expect(late.authorityFingerprint != made.authorityFingerprint)
    }

    @Test("a certificate never outlives its authority")
    func endsWithAuthority() throws {
        let folder = try DataFolder()
        _ = try LocalAuthority.ensure(folder: folder.path, names: home, now: newYear)
        let late = try LocalAuthority.ensure(folder: folder.path, names: home, now: newYear + 3600 * day)
        #expect(late.change == .renewed(reason: "the old one expires within 30 days"))
        #expect(try Certificate.chain(inFile: late.certificateFile)[0].notAfter == newYear + 3653 * day)
    }

    @Test("replaces the authority for a public address or domain that it may not sign for")
    func replacesForPublicNames() throws {
        let folder = try DataFolder()
        _ = try LocalAuthority.ensure(folder: folder.path, names: home, now: newYear)
        let change = { (names: CertificateNames) in
            try LocalAuthority.ensure(folder: folder.path, names: names, now: newYear).change
        }
        let remade = LocalCertificate.Change.authorityRemade(
            reason: "the old authority may not sign for the addresses or the domain that this machine has now"
        )
        let cloud = CertificateNames(hostName: "desk", addresses: ["203.0.113.7"])
        #expect(try change(cloud) == remade)
        #expect(try change(cloud) == .kept)
        let domain = CertificateNames(hostName: "desk.example.org", addresses: ["203.0.113.7"])
        #expect(try change(domain) == remade)
        #expect(try change(domain) == .kept)
        let neighbour = CertificateNames(hostName: "desk.example.org", addresses: ["203.0.113.8"])
        #expect(try change(neighbour) == remade)
    }

    @Test("a public IPv6 address may change within its network")
    func keepsForPrivacyAddresses() throws {
        let folder = try DataFolder()
        let first = CertificateNames(hostName: "desk", addresses: ["2001:db8:1:2::aaaa"])
        let made = try LocalAuthority.ensure(folder: folder.path, names: first, now: newYear)
        let second = CertificateNames(hostName: "desk", addresses: ["2001:db8:1:2::bbbb"])
        let renewed = try LocalAuthority.ensure(folder: folder.path, names: second, now: newYear)
        #expect(renewed.change == .renewed(reason: "it lacked 2001:db8:1:2::bbbb"))
        #expect(renewed.authorityFingerprint == made.authorityFingerprint)
    }

    @Test("a new local host name does not cost the trust of every device")
    func keepsForContainerNames() throws {
        let folder = try DataFolder()
        _ = try LocalAuthority.ensure(folder: folder.path, names: home, now: newYear)
        let renamed = CertificateNames(hostName: "b7c1d2e3f4a5", addresses: ["192.168.1.20", "fd00::20"])
        #expect(try LocalAuthority.ensure(folder: folder.path, names: renamed, now: newYear).change == .kept)
    }

    @Test("a clock before the authority's time does not replace the authority")
    func keepsWithWrongClock() throws {
        let folder = try DataFolder()
        let made = try LocalAuthority.ensure(folder: folder.path, names: home, now: newYear)
        let past = try LocalAuthority.ensure(
            folder: folder.path, names: home, now: WallClock(milliseconds: 60_000))
        #expect(past.change == .renewed(reason: "the old one is not yet valid"))
        #expect(past.authorityFingerprint == made.authorityFingerprint)
        let corrected = try LocalAuthority.ensure(folder: folder.path, names: home, now: newYear)
        #expect(corrected.change == .renewed(reason: "the old one expires within 30 days"))
        #expect(corrected.authorityFingerprint == made.authorityFingerprint)
    }

    @Test(
        "a machine without a usable name gets localhost and its addresses",
        arguments: ["", "_x", "a b", "a,DNS:b"])
    func unusableNames(_ hostName: String) throws {
        let folder = try DataFolder()
        let names = CertificateNames(hostName: hostName, addresses: ["10.0.0.1"])
        let made = try LocalAuthority.ensure(folder: folder.path, names: names, now: newYear)
        #expect(
            try Certificate.chain(inFile: made.certificateFile)[0].names
                == ["localhost", "127.0.0.1", "::1", "10.0.0.1"])
    }

    @Test("a long host name is cut in the subject only")
    func longName() throws {
        let folder = try DataFolder()
        let long = String(repeating: "a", count: 63) + ".example"
        let names = CertificateNames(hostName: long, addresses: [])
        let made = try LocalAuthority.ensure(folder: folder.path, names: names, now: newYear)
        #expect(try Certificate.chain(inFile: made.certificateFile)[0].covers(long))
    }
}

@Suite("Broken certificate files")
struct BrokenCertificateTests {
    @Test("the server's own two files are replaced", arguments: ["server.pem", "server-key.pem"])
    func replacesLeaf(_ name: String) throws {
        let folder = try DataFolder()
        let made = try LocalAuthority.ensure(folder: folder.path, names: home, now: newYear)
        try folder.write("nonsense", to: name)
        let garbled = try LocalAuthority.ensure(folder: folder.path, names: home, now: newYear)
        #expect(garbled.change == .renewed(reason: "the old one was not readable"))
        try folder.remove(name)
        let removed = try LocalAuthority.ensure(folder: folder.path, names: home, now: newYear)
        #expect(removed.change == .renewed(reason: "there was none"))
        #expect(removed.authorityFingerprint == made.authorityFingerprint)
    }

    @Test(
        "the authority's files are never replaced when they are broken",
        arguments: ["authority.pem", "authority-key.pem"])
    func keepsAuthority(_ name: String) throws {
        let folder = try DataFolder()
        _ = try LocalAuthority.ensure(folder: folder.path, names: home, now: newYear)
        try folder.write("nonsense", to: name)
        let error = #expect(throws: TLSError.self) {
            try LocalAuthority.ensure(folder: folder.path, names: home, now: newYear)
        }
        #expect(error?.file == folder.file(name))
        #expect(error?.fix.contains("backup") == true)
        #expect(try folder.read(name) == "nonsense")
    }

    @Test("a key from elsewhere is a problem and stays as it is")
    func foreignKey() throws {
        let folder = try DataFolder()
        let other = try DataFolder()
        _ = try LocalAuthority.ensure(folder: folder.path, names: home, now: newYear)
        _ = try LocalAuthority.ensure(folder: other.path, names: home, now: newYear)
        let foreign = try other.read("authority-key.pem")
        try folder.write(foreign, to: "authority-key.pem")
        let error = #expect(throws: TLSError.self) {
            try LocalAuthority.ensure(folder: folder.path, names: home, now: newYear)
        }
        #expect(error?.problem == "this key does not belong to \(folder.file("authority.pem"))")
        #expect(try folder.read("authority-key.pem") == foreign)
    }

    @Test("a missing authority key is a problem; a missing authority is made from the key that is there")
    func missingHalves() throws {
        let folder = try DataFolder()
        _ = try LocalAuthority.ensure(folder: folder.path, names: home, now: newYear)
        let key = try folder.read("authority-key.pem")
        try folder.remove("authority.pem")
        #expect(try LocalAuthority.ensure(folder: folder.path, names: home, now: newYear).change == .created)
        #expect(try folder.read("authority-key.pem") == key)
        try folder.remove("authority-key.pem")
        let error = #expect(throws: TLSError.self) {
            try LocalAuthority.ensure(folder: folder.path, names: home, now: newYear)
        }
        #expect(error?.file == folder.file("authority-key.pem"))
    }

    @Test("left-overs of an interrupted write are no obstacle")
    func leftOvers() throws {
        let folder = try DataFolder()
        _ = try LocalAuthority.ensure(folder: folder.path, names: home, now: newYear)
        try folder.write("half", to: "server.pem.new")
        try folder.remove("server.pem")
        _ = try LocalAuthority.ensure(folder: folder.path, names: home, now: newYear)
        #expect(throws: (any Error).self) { try folder.read("server.pem.new") }
    }

    @Test("a folder that cannot be made is named")
    func noFolder() {
        let error = #expect(throws: TLSError.self) {
            try LocalAuthority.ensure(folder: "/proc/parley", names: home, now: newYear)
        }
        #expect(error?.file == "/proc/parley")
    }
}

@Suite("Names of this machine")
struct CertificateNamesTests {
    @Test("are compared without order, repetition or case")
    func equality() {
        #expect(
            CertificateNames(hostName: "Desk", addresses: ["b", "a", "b"])
                == CertificateNames(hostName: "desk", addresses: ["a", "b"]))
    }

    @Test(
        "include the multicast name once",
        arguments: [
            ("desk", ["localhost", "desk", "desk.local"]), ("desk.local", ["localhost", "desk.local"]),
            ("desk.example.org", ["localhost", "desk.example.org", "desk.local"]),
            ("localhost", ["localhost"]), ("", ["localhost"]),
        ])
    func dnsNames(_ hostName: String, _ expected: [String]) {
        #expect(CertificateNames(hostName: hostName, addresses: []).dnsNames == expected)
    }

    @Test("as the system gives them can be put in a certificate")
    func current() throws {
        let folder = try DataFolder()
        let names = CertificateNames.current()
        #expect(names.addresses.allSatisfy { !$0.contains("%") && $0 != "127.0.0.1" && $0 != "::1" })
        let made = try LocalAuthority.ensure(folder: folder.path, names: names, now: newYear)
        let leaf = try Certificate.chain(inFile: made.certificateFile)[0]
        #expect((names.dnsNames + names.allAddresses).allSatisfy { leaf.covers($0) })
        #expect(!leaf.covers("example.org"))
    }
}
