// SPDX-License-Identifier: Apache-2.0
internal import ICE
internal import NetworkAddresses
internal import RelayServer
internal import TURNRelay

/// An allocation of the relay, and the address of ours that its client sends to by it.
struct RelayedPath: Hashable {
    var relay: RelayID
    var own: SocketAddress
}

/// A client that reaches media by an allocation of this server's own relay, which the kernel sees nothing of.
///
/// The relay has looked at its permissions, and counts what it sends and receives towards its bandwidth.
private final class RelayedLeg: MediaStreamLeg {
    private unowned let worker: RelayWorker
    private let path: RelayedPath

    init(_ worker: RelayWorker, _ path: RelayedPath) {
        self.worker = worker
        self.path = path
    }

    override func send(_ datagram: UnsafeRawBufferPointer) {
        unsafe worker.send(datagram, toClientOf: path.relay, from: path.own)
    }
}

extension MediaWorker {
    /// The path of an allocation, named when it is first used.
    func path(through relay: RelayID, from relayed: SocketAddress, to own: SocketAddress) -> MediaPath {
        let key = RelayedPath(relay: relay, own: own)
        if let path = self.relayed[key] { return path }
        let path = attach(RelayedLeg(self.relay, key), remote: relayed)
        self.relayed[key] = path
        return path
    }

    /// Forgets all paths of an allocation.
    func closePaths(through relay: RelayID) {
        guard !relayed.isEmpty else { return }
        for (key, path) in relayed where key.relay == relay {
            relayed[key] = nil
            detach(path)
        }
    }
}
