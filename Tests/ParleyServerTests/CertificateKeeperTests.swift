// SPDX-License-Identifier: Apache-2.0
import EngineKit
import EventLoops
import Foundation
import Synchronization
import TLS
import Telemetry
import Testing
import WebServer

@testable import ParleyServer

@Suite("Certificate keepers") struct CertificateKeeperTests {
    private let home = CertificateNames(hostName: "desk", addresses: ["192.168.1.20"])
    private let abroad = CertificateNames(hostName: "desk", addresses: ["203.0.113.9"])
    private let now = WallClock(milliseconds: 1_790_000_000_000)

    @Test("a new authority is the one that people are given from then on")
    func remadeAuthority() throws {
        let folder = TemporaryFolder()
        let single = try SingleShard(.unstarted())
        defer { single.loop.stop() }
        let first = try LocalAuthority.ensure(folder: folder.path, names: home, now: now)
        single.shards.executeOnAll { $0.use(nil, first) }
        let keeper = CertificateKeeper(
            folder: folder.path, home, Log(level: .error, format: .text), single.shards.serve)

        keeper.check(home, at: now)
        #expect(single.value { $0.certificate } == first)

        keeper.check(abroad, at: now)
        let second = try #require(single.value { $0.certificate })
        #expect(second.authorityFingerprint != first.authorityFingerprint)
        #expect(second.authorityPEM != first.authorityPEM)
        #expect(single.value { $0.web.tls != nil })
    }
    @Test("a failure is told once and tried again after pauses that grow to an hour")
    func failure() throws {
        let folder = TemporaryFolder()
        let single = try SingleShard(.unstarted())
        defer { single.loop.stop() }
        let first = try LocalAuthority.ensure(folder: folder.path, names: home, now: now)
        let lines = Mutex<[String]>([])
        let keeper = CertificateKeeper(
            folder: folder.path, home,
            Log(level: .info, format: .text) { line in lines.withLock { $0.append(line) } },
            single.shards.serve)
        func check(_ names: CertificateNames, atSecond second: Int64) {
            keeper.check(names, at: WallClock(milliseconds: now.milliseconds + second * 1000))
        }
        keeper.check(home, at: now)

        // Nothing can be read from or written to a folder that is a file.
        let certificates = folder.path + "/certificates"
        let aside = folder.path + "/aside"
        try FileManager.default.moveItem(atPath: certificates, toPath: aside)
        try Data().write(to: URL(filePath: certificates))
        for second: Int64 in [0, 30, 60, 90] { check(abroad, atSecond: second) }
        #expect(lines.withLock(\.count) == 1)
        #expect(lines.withLock { $0.first?.contains("could not be renewed") } == true)

        try FileManager.default.removeItem(atPath: certificates)
        try FileManager.default.moveItem(atPath: aside, toPath: certificates)
        // Tried at 0, 30 and 90: the next pause is 120 s.
        check(abroad, atSecond: 209)
        #expect(try LocalAuthority.inspect(folder: folder.path, names: home, now: now) == .kept)
        check(abroad, atSecond: 210)
        #expect(single.value { $0.certificate?.authorityFingerprint } != first.authorityFingerprint)
        #expect(lines.withLock(\.count) == 2)
    }

    @Test("no pause is longer than an hour, and other names end it")
    func pauses() throws {
        let folder = TemporaryFolder()
        let single = try SingleShard(.unstarted())
        defer { single.loop.stop() }
        let keeper = CertificateKeeper(
            folder: folder.path, home, Log(level: .error, format: .text) { _ in }, single.shards.serve)
        try Data().write(to: URL(filePath: folder.path))
        let day: Int64 = 86_400
        for second in stride(from: 0, to: day, by: 30) {
            keeper.check(abroad, at: WallClock(milliseconds: now.milliseconds + second * 1000))
        }
        try FileManager.default.removeItem(atPath: folder.path)
        var second = day
        while single.value({ $0.certificate }) == nil, second < day + 7200 {
            keeper.check(abroad, at: WallClock(milliseconds: now.milliseconds + second * 1000))
            second += 30
        }
        #expect(second - day <= 3630)

        try FileManager.default.removeItem(atPath: folder.path)
        try Data().write(to: URL(filePath: folder.path))
        let later = WallClock(milliseconds: now.milliseconds + 2 * day * 1000)
        keeper.check(home, at: later)
        try FileManager.default.removeItem(atPath: folder.path)
        keeper.check(home, at: later)
        #expect(single.value { $0.certificate?.change } == .created)
        let known = single.value { $0.certificate }
        keeper.check(abroad, at: later)
        #expect(single.value { $0.certificate } != known)
    }

    @Test("an operator's renewed certificate is served without a restart")
    func renewedFiles() throws {
        let folder = TemporaryFolder()
        let single = try SingleShard(.unstarted())
        defer { single.loop.stop() }
        let first = try LocalAuthority.ensure(folder: folder.path, names: home, now: now)
        let files = CertificateFiles(
            certificateChainFile: first.certificateFile, privateKeyFile: first.keyFile)
        let keeper = CertificateFilesKeeper(
            files, Log(level: .error, format: .text), single.shards.serve)

        keeper.check()
        #expect(single.value { $0.web.tls == nil })

        let later = WallClock(milliseconds: now.milliseconds + 800 * 86_400_000)
        _ = try LocalAuthority.ensure(folder: folder.path, names: home, now: later)
        keeper.check()
        #expect(single.value { $0.web.tls != nil })
    }
}
