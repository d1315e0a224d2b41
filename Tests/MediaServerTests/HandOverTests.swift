// SPDX-License-Identifier: Apache-2.0
import EngineKit
import ICE
import NetworkAddresses
import Testing

@testable import MediaServer

@Suite("Media between loops")
struct HandOverTests {
    private let seed = HashSeed([1, 2, 3])

    private func path(_ number: UInt16, stream: UInt32 = 0) -> MediaPath {
        MediaPath(
            local: 1, stream: stream, remote: SocketAddress(ip: IPAddress(v4: 0xC000_0201), port: number))
    }

    @Test("goes by a guess until the owner has spoken, and then by nothing else")
    func certainty() {
        var routes = PathRoutes(seed: seed)
        #expect(routes[path(1)] == nil)
        routes.guess(path(1), loop: 2)
        routes.guess(path(1), loop: 3)
        #expect(routes[path(1)] == 3)
        routes.learn(path(1), loop: 4)
        routes.guess(path(1), loop: 2)
        #expect(routes[path(1)] == 4)
    }

    @Test("is forgotten by the loop that had it, not by one that had it before")
    func forgetting() {
        var routes = PathRoutes(seed: seed)
        routes.learn(path(1), loop: 1)
        routes.learn(path(1), loop: 2)
        routes.forget(path(1), loop: 1)
        #expect(routes[path(1)] == 2)
        routes.forget(path(1), loop: 2)
        #expect(routes[path(1)] == nil)
    }

    @Test("takes bounded memory for guesses, whoever makes them up, and loses nothing that is certain")
    func bounded() {
        var routes = PathRoutes(seed: seed)
        routes.learn(path(60_000), loop: 7)
        for number in 0..<UInt16(3 * PathRoutes.mostGuesses) { routes.guess(path(number), loop: 1) }
        #expect(routes.count <= PathRoutes.mostGuesses + 1)
        #expect(routes[path(60_000)] == 7)
    }

    @Test("arrives whole, in order, with the news that came before it")
    func parcels() {
        let post = MediaPost(number: 1, loops: 3)
        let datagrams = (0..<50).map { [UInt8](repeating: UInt8($0), count: 1 + $0 * 40) }
        post.announce(path(9), isMine: true)
        for datagram in datagrams { add(datagram, to: post) }
        var arrived: [Int: [[UInt8]]] = [:]
        var news: [Int] = []
        post.sendAll { parcel, loop in
            #expect(parcel.sender == 1)
            arrived[loop] = parcel.packets.map { unsafe Array(parcel.content($0)) }
            if parcel.news.contains(where: { $0.isMine && $0.path == path(9) }) { news.append(loop) }
            post.recycle(parcel)
        }
        #expect(arrived[2] == datagrams)
        #expect(news.sorted() == [0, 2])
        #expect(!post.isWaiting)
    }

    @Test("is dropped and counted once a loop is too far behind, and flows again when it has caught up")
    func behind() {
        let post = MediaPost(number: 0, loops: 2)
        let datagram = [UInt8](repeating: 1, count: 1400)
        for _ in 0..<(MediaLane.capacity / 1400 + 100) { add(datagram, to: post, loop: 1) }
        #expect(post.drops > 0)
        let drops = post.drops
        var late: MediaParcel?
        post.sendAll { parcel, _ in late = parcel }
        add(datagram, to: post, loop: 1)
        #expect(post.drops == drops + 1)
        if let late { post.recycle(late) }
        add(datagram, to: post, loop: 1)
        #expect(post.drops == drops + 1)
    }

    @Test("for a stream goes to the loop whose number it has, cut into its datagrams")
    func streams() {
        let post = MediaPost(number: 0, loops: 3)
        let bytes = (0..<250).map { UInt8($0) }
        let target = path(5, stream: 2 << 24 | 77)
        unsafe bytes.withUnsafeBytes { unsafe post.add(run: $0, segment: 100, target) }
        var counts: [Int] = []
        post.sendAll { parcel, loop in
            #expect(loop == 2)
            counts = parcel.packets.map(\.count)
            #expect(parcel.packets.allSatisfy { $0.way == .toSend && $0.path == target })
        }
        #expect(counts == [100, 100, 50])
    }

    private func add(_ datagram: [UInt8], to post: MediaPost, loop: Int = 2) {
        unsafe datagram.withUnsafeBytes { unsafe post.add($0, .received, path(1), to: loop) }
    }
}
