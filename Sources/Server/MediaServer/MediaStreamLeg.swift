// SPDX-License-Identifier: Apache-2.0
internal import Datagrams
internal import EventLoops
internal import Forwarding
public import ICE
public import NetworkAddresses
internal import RelayServer

/// A TCP connection that carries datagrams of media, framed as RFC 4571 says, as a ``MediaWorker`` sees it.
///
/// A class to be overridden and not a protocol: it is called for every packet.
open class MediaStreamLeg {
    public init() {}

    /// Sends one datagram. A leg that cannot keep up drops it.
    open func send(_ datagram: UnsafeRawBufferPointer) {}

    /// Ends the connection.
    open func close() {}
}

extension MediaWorker {
    /// Takes a connection, and names the path that it is.
    ///
    /// - Parameter local: A number for the address it came to, as the leg likes.
    public func attach(_ leg: MediaStreamLeg, remote: SocketAddress, local: UInt16 = 0) -> MediaPath {
        // The loop's number is in the name, so that others know where to hand over to.
        repeat {
            lastStream = (lastStream &+ 1) & 0xFF_FFFF
        } while lastStream == 0 || streams[name(lastStream)] != nil
        streams[name(lastStream)] = leg
        return MediaPath(local: local, stream: name(lastStream), remote: remote)
    }

    private func name(_ number: UInt32) -> UInt32 { UInt32(truncatingIfNeeded: self.number) << 24 | number }

    /// The connection is gone.
    public func detach(_ path: MediaPath) {
        guard streams.removeValue(forKey: path.stream) != nil else { return }
        forwarder.forget(path, at: loop.now)
        endTurnLater()
    }

    /// Takes one datagram of a leg.
    public func receive(_ datagram: UnsafeRawBufferPointer, from path: MediaPath) {
        endTurnLater()
        if unsafe take(datagram, path) { return }
        if let loop = unsafe CheckName.loop(of: datagram), loop != number, loop < service.loops.count {
            routes.guess(path, loop: loop)
        }
        guard let loop = routes[path] else {
            counts.strays += 1
            return
        }
        unsafe outlet.post.add(datagram, .received, path, to: loop)
    }

    /// Sends one datagram, wherever the path leads.
    func send(_ datagram: UnsafeRawBufferPointer, to path: MediaPath) {
        guard path.stream == 0 else {
            return unsafe outlet.post.add(run: datagram, segment: 0, path)
        }
        guard let socket = relay.socket(path.local) else { return }
        unsafe outlet.runs.send(copying: datagram, from: socket, to: path.remote)
    }
}
