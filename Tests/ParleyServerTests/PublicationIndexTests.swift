// SPDX-License-Identifier: Apache-2.0
import Forwarding
import MeetingProtocol
import Testing

@testable import ParleyServer

@Suite("Who publishes what") struct PublicationIndexTests {
    /// Names as a forwarder gives them.
    private func connection(_ number: UInt32) -> ConnectionID {
        unsafe unsafeBitCast(UInt64(number), to: ConnectionID.self)
    }

    private func publication(_ number: UInt32) -> PublicationID {
        unsafe unsafeBitCast(UInt64(number), to: PublicationID.self)
    }

    private let ana = MediaParty(publisher: "ana")
    private let ben = MediaParty(publisher: "ben")

    @Test func `what is published is found by who sends it, and the other way round`() {
        var index = PublicationIndex()
        let isNew = index.set(
            connection(1), of: ana, [(.microphone, publication(10)), (.camera, publication(11))])
        #expect(isNew)
        #expect(index[ana, .camera] == publication(11))
        #expect(index[ana, .screen] == nil)
        #expect(index[ben, .camera] == nil)
        #expect(index[publication(10)]?.party == ana)
        #expect(index[publication(10)]?.source == .microphone)
        #expect(index[publication(10)]?.connection == connection(1))
    }

    @Test func `the same again is nothing new, another source of it is`() {
        var index = PublicationIndex()
        _ = index.set(connection(1), of: ana, [(.camera, publication(10)), (.microphone, publication(11))])
        let again = index.set(
            connection(1), of: ana, [(.microphone, publication(11)), (.camera, publication(10))])
        #expect(!again)
        let screen = index.set(
            connection(1), of: ana, [(.screen, publication(10)), (.microphone, publication(11))])
        #expect(screen)
        #expect(index[ana, .camera] == nil)
        #expect(index[ana, .screen] == publication(10))
        let none = index.set(connection(1), of: ana, [])
        #expect(none)
        #expect(index.publishers.isEmpty)
        let removed = index.remove(connection(1))
        #expect(!removed)
    }

    @Test func `a connection that ends takes nothing of the one that came after it`() {
        var index = PublicationIndex()
        _ = index.set(connection(1), of: ana, [(.camera, publication(10))])
        _ = index.set(connection(2), of: ana, [(.camera, publication(20))])
        #expect(index[ana, .camera] == publication(20))
        let first = index.remove(connection(1))
        #expect(first)
        #expect(index[ana, .camera] == publication(20))
        #expect(index[publication(10)] == nil)
        let second = index.remove(connection(2))
        #expect(second)
        #expect(index[ana, .camera] == nil)
    }

    @Test func `publishers are in the order of their names`() {
        var index = PublicationIndex()
        _ = index.set(connection(2), of: ben, [(.camera, publication(20))])
        _ = index.set(connection(1), of: ana, [(.microphone, publication(10)), (.screen, publication(11))])
        #expect(index.publishers.map(\.party) == [ana, ben])
        #expect(Set(index.publishers[0].sources) == [.microphone, .screen])
    }
}
