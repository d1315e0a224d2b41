// SPDX-License-Identifier: Apache-2.0
internal import Datagrams
internal import EventLoops
public import NetworkAddresses
internal import STUN
public import TURNRelay

extension RelayWorker {
    // MARK: From clients

    func receiveFromClients(_ client: ClientSocket) {
        for slot in batch.receive(from: client.socket) {
            let remote = batch.source(slot)
            let bytes = unsafe batch.bytes(slot)
            if let mediaLeg, unsafe Self.mayBeMedia(bytes),
                unsafe mediaLeg.receive(bytes, from: remote, local: client.number)
            {
                continue
            }
            if let datagramLeg, unsafe Self.isDTLS(bytes) {
                unsafe datagramLeg.receive(bytes, from: remote, local: client.number)
                continue
            }
            let address = ClientAddress(.udp, local: client.number, remote: remote)
            switch unsafe engine.receive(bytes, from: address, at: loop.now) {
            case .done: break
            case .relay(let relay, let peer, let payload, let dontFragment):
                guard let from = socket(of: relay, toward: peer) else { break }
                batch.send(
                    slot, payload, from: from, to: peer, trafficClass: batch.trafficClass(slot),
                    dontFragment: dontFragment)
            case .handOver(let route, let from, let payload):
                handOver(slot, payload, to: route, from: from)
            case .media(let relay, let to, let from, let payload):
                let content = unsafe UnsafeRawBufferPointer(batch.region(slot, payload))
                unsafe mediaLeg?.receive(content, through: relay, from: from, to: to)
            }
        }
        pump()
    }

    /// RFC 7983 §7.
    private static func isDTLS(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard let first = unsafe bytes.first else { return false }
        return first >= 20 && first <= 63
    }

    /// Whether it is RTP or RTCP, DTLS, or a Binding request, which may be a check. RFC 7983 §7.
    private static func mayBeMedia(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard bytes.count >= 2 else { return false }
        return switch unsafe bytes[0] {
        case 128...191, 20...63: true
        case 0: unsafe bytes[1] == 1
        default: false
        }
    }

    /// Takes one frame of a leg: a STUN message, or ChannelData.
    public func receive(_ frame: UnsafeRawBufferPointer, from client: ClientAddress) {
        switch unsafe engine.receive(frame, from: client, at: loop.now) {
        case .done: pump()
        case .relay(let relay, let peer, let payload, let dontFragment):
            guard let from = socket(of: relay, toward: peer) else { break }
            unsafe batch.send(
                copying: UnsafeRawBufferPointer(rebasing: frame[payload]), from: from, to: peer,
                dontFragment: dontFragment)
            endTurnLater()
        case .handOver(let route, let from, let payload):
            // Copied into this loop's own parcel, too: there is no room for headers in the leg's memory.
            unsafe pack(
                UnsafeRawBufferPointer(rebasing: frame[payload]), to: route, from: from, trafficClass: 0)
        case .media(let relay, let to, let from, let payload):
            let content = unsafe UnsafeRawBufferPointer(rebasing: frame[payload])
            unsafe mediaLeg?.receive(content, through: relay, from: from, to: to)
        }
    }

    private func socket(of relay: RelayID, toward peer: SocketAddress) -> UDPSocket.Handle? {
        let index = Int(relay.index)
        guard index < handles.count, let entry = handles[index], entry.generation == relay.generation else {
            return nil
        }
        return peer.ip.isIPv4 ? entry.v4 : entry.v6
    }

    // MARK: From peers

    func receiveFromPeers(_ peer: PeerSocket) {
        let slots = batch.receive(from: peer.socket)
        for slot in slots {
            deliver(
                slot, 0..<batch.count(slot), from: batch.source(slot), to: peer.relay,
                trafficClass: batch.trafficClass(slot))
        }
        if !slots.isEmpty { endTurnLater() }
    }

    /// Sends payload that lies in the slab to the client that holds the relay.
    private func deliver(
        _ slot: Int, _ payload: Range<Int>, from peer: SocketAddress, to relay: RelayID, trafficClass: UInt8
    ) {
        switch engine.receive(count: payload.count, fromPeer: peer, on: relay, at: loop.now) {
        case .drop: break
        case .channel(let client, let channel):
            let start = payload.lowerBound - ChannelData.headerSize
            unsafe ChannelData.write(
                number: channel, count: payload.count,
                into: batch.region(slot, start..<payload.lowerBound))
            forward(slot, start..<payload.upperBound, to: client, trafficClass)
        case .indication(let client, let headerBytes):
            let start = payload.lowerBound - headerBytes
            unsafe engine.writeIndicationHeader(
                into: batch.region(slot, start..<payload.lowerBound), peer: peer, count: payload.count)
            let end = pad(slot, start..<payload.upperBound)
            forward(slot, start..<end, to: client, trafficClass)
        }
    }

    /// The end of the range once it is a multiple of four bytes long, with zeros.
    private func pad(_ slot: Int, _ range: Range<Int>) -> Int {
        let end = range.lowerBound + (range.count + 3) & ~3
        let padding = unsafe batch.region(slot, range.upperBound..<end)
        for index in padding.indices { unsafe padding[index] = 0 }
        return end
    }

    private func forward(_ slot: Int, _ range: Range<Int>, to client: ClientAddress, _ trafficClass: UInt8) {
        if client.transport == .udp {
            guard let socket = clientSocket(client.local) else { return }
            batch.send(slot, range, from: socket, to: client.remote, trafficClass: trafficClass)
            return
        }
        let end = client.transport.isStream ? pad(slot, range) : range.upperBound
        unsafe legs[client.stream]?.send(
            UnsafeRawBufferPointer(batch.region(slot, range.lowerBound..<end)))
    }

    // MARK: Between allocations of this server

    private func handOver(_ slot: Int, _ payload: Range<Int>, to route: RelayRoute, from: SocketAddress) {
        guard route.loop == number else {
            let bytes = unsafe UnsafeRawBufferPointer(batch.region(slot, payload))
            return unsafe pack(bytes, to: route, from: from, trafficClass: batch.trafficClass(slot))
        }
        deliver(slot, payload, from: from, to: route.relay, trafficClass: batch.trafficClass(slot))
    }

    private func pack(
        _ payload: UnsafeRawBufferPointer, to route: RelayRoute, from: SocketAddress, trafficClass: UInt8
    ) {
        let loop = Int(route.loop)
        guard loop < parcels.count else { return }
        let fits = unsafe lanes[loop].add(
            payload, from: from, to: route.relay, trafficClass: trafficClass, in: parcels[loop])
        if !fits { handOverDrops += 1 }
        endTurnLater()
    }

    /// Takes what another loop, or a leg of this one, hands over.
    func take(_ parcel: LoopParcel) {
        for (address, route) in parcel.routes {
            engine.handle(route.map { .routeAppeared(address, $0) } ?? .routeVanished(address), at: loop.now)
        }
        unsafe parcel.forEachPacket { packet, bytes in unsafe deliver(packet, in: bytes) }
        parcel.clear()
        if spareParcels.count < Self.mostSpareParcels { spareParcels.append(parcel) }
        pump()
    }

    private static let mostSpareParcels = 8

    private func deliver(_ packet: LoopParcel.Packet, in bytes: UnsafeMutableRawBufferPointer) {
        let end = packet.start + packet.count
        switch engine.receive(count: packet.count, fromPeer: packet.from, on: packet.to, at: loop.now) {
        case .drop: break
        case .channel(let client, let channel):
            let start = packet.start - ChannelData.headerSize
            unsafe ChannelData.write(
                number: channel, count: packet.count,
                into: UnsafeMutableRawBufferPointer(rebasing: bytes[start..<packet.start]))
            let padded = client.transport.isStream ? start + (end - start + 3) & ~3 : end
            unsafe forward(
                UnsafeRawBufferPointer(rebasing: bytes[start..<padded]), to: client, packet.trafficClass)
        case .indication(let client, let headerBytes):
            let start = packet.start - headerBytes
            unsafe engine.writeIndicationHeader(
                into: UnsafeMutableRawBufferPointer(rebasing: bytes[start..<packet.start]), peer: packet.from,
                count: packet.count)
            let padded = start + (end - start + 3) & ~3
            unsafe forward(
                UnsafeRawBufferPointer(rebasing: bytes[start..<padded]), to: client, packet.trafficClass)
        }
    }

    /// Sends a datagram of media to the client that holds an allocation, as a peer would that has the address `own`.
    public func send(_ datagram: UnsafeRawBufferPointer, toClientOf relay: RelayID, from own: SocketAddress) {
        let room = LoopParcel.room
        let size = room + datagram.count + 4
        unsafe withUnsafeTemporaryAllocation(byteCount: size, alignment: 8) { bytes in
            unsafe UnsafeMutableRawBufferPointer(rebasing: bytes[room...]).copyMemory(from: datagram)
            for index in room + datagram.count..<size { unsafe bytes[index] = 0 }
            let packet = LoopParcel.Packet(
                to: relay, from: own, start: room, count: datagram.count, trafficClass: 0)
            unsafe deliver(packet, in: bytes)
        }
        endTurnLater()
    }

    private func forward(_ bytes: UnsafeRawBufferPointer, to client: ClientAddress, _ trafficClass: UInt8) {
        if client.transport == .udp {
            guard let socket = clientSocket(client.local) else { return }
            unsafe batch.send(copying: bytes, from: socket, to: client.remote, trafficClass: trafficClass)
        } else {
            unsafe legs[client.stream]?.send(bytes)
        }
    }
}
