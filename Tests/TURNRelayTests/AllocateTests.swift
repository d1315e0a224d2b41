// SPDX-License-Identifier: Apache-2.0
import EngineKit
import NetworkAddresses
import STUN
import TURNRelay
import Testing

@Suite("Allocate")
struct AllocateTests {
    @Test("gives a relayed address, the client's own, and ten minutes")
    func allocates() throws {
        let client = Client(Site())
        let reply = try #require(client.allocate())
        #expect(reply.error == nil)
        try #require(reply.messageClass == .success)
        #expect(reply.lifetime == 600)
        #expect(reply.mapped == SocketAddress("192.0.2.1:1000"))
        #expect(reply.relayed.map(\.ip) == [Site.relayAddress])
        #expect((49_152...65_535).contains(reply.relayed[0].port))
        #expect(reply.isProtected)
    }
}
