// SPDX-License-Identifier: Apache-2.0
internal import Datagrams
internal import EventLoops
internal import TURNRelay

/// A socket that clients send to.
final class ClientSocket: EventHandler {
    let socket: UDPSocket
    /// ``ClientAddress/local``.
    let number: UInt16
    var registration: EventLoop.Registration?
    private let worker: RelayWorker

    init(_ socket: UDPSocket, number: UInt16, worker: RelayWorker) {
        self.socket = socket
        self.number = number
        self.worker = worker
    }

    func ready(_ events: Readiness) { worker.receiveFromClients(self) }
}

/// A socket of an allocation, that its peers send to.
final class PeerSocket: EventHandler {
    let socket: UDPSocket
    let relay: RelayID
    var registration: EventLoop.Registration?
    private let worker: RelayWorker

    init(_ socket: UDPSocket, relay: RelayID, worker: RelayWorker) {
        self.socket = socket
        self.relay = relay
        self.worker = worker
    }

    func ready(_ events: Readiness) {
        if !events.isDisjoint(with: .broken) { worker.takeErrors(of: self) }
        worker.receiveFromPeers(self)
    }
}
