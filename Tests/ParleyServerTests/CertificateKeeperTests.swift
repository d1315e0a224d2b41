// SPDX-License-Identifier: Apache-2.0
import EngineKit
import EventLoops
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
            folder: folder.path, home, single.shards, Log(level: .error, format: .text))

        keeper.check(home, at: now)
        #expect(single.value { $0.certificate } == first)

        keeper.check(abroad, at: now)
        let second = try #require(single.value { $0.certificate })
        #expect(second.authorityFingerprint != first.authorityFingerprint)
        #expect(second.authorityPEM != first.authorityPEM)
        #expect(single.value { $0.web.tls != nil })
    }
}
