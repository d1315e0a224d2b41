// SPDX-License-Identifier: Apache-2.0
internal import CNet
internal import Glibc
public import NetworkAddresses

/// Receives and sends datagrams many at a time, without copying what is forwarded.
///
/// Datagrams are received into slots of one slab, with ``headroom`` bytes free in front of each, and sent from
/// there when the batch is flushed: at the end of a loop's turn, or when the slab is full. Whatever is sent from
/// one socket to one destination keeps its order; runs of equal size leave as one message (UDP_SEGMENT).
///
/// One thread's.
@safe public final class DatagramBatch {
    /// Bytes in front of each datagram that may be written: a Data indication's header and some to spare.
    public static let headroom = 64
    /// Bytes behind each datagram that may be written.
    public static let padding = 3
    /// Datagrams taken from one socket before others have their turn.
    public static let largestReceive = 64
    private static let scratchBytes = 1 << 16

    private let slab: OpaquePointer
    private let sender: OpaquePointer
    private let slots: Int
    /// Slots before it hold datagrams that may wait to be sent.
    private var used = 0
    /// Holds copies of what is sent and is not in the slab.
    private let scratch: UnsafeMutableRawBufferPointer
    private var scratchUsed = 0

    /// - Parameter slots: Datagrams that may wait; each takes a page of memory once it has been used.
    public init(slots: Int = 256) {
        self.slots = max(slots, Self.largestReceive)
        guard let slab = unsafe cnet_slab_create(Int32(clamping: self.slots), Self.headroom),
            let sender = unsafe cnet_sender_create(Int32(clamping: self.slots * 2))
        else { preconditionFailure("no memory for datagrams") }
        unsafe self.slab = slab
        unsafe self.sender = sender
        unsafe scratch = .allocate(byteCount: Self.scratchBytes, alignment: 8)
    }

    deinit {
        unsafe cnet_slab_free(slab)
        unsafe cnet_sender_free(sender)
        unsafe scratch.deallocate()
    }

    // MARK: Receiving

    /// Receives what waits at `socket`, at most ``largestReceive`` datagrams. They stay where they are until the next
    /// ``receive(from:)``.
    ///
    /// - Returns: Their slots; none if nothing waits, or if the socket has an error.
    public func receive(from socket: UDPSocket) -> Range<Int> {
        if used + Self.largestReceive > slots { flush() }
        let count = unsafe cnet_slab_receive(
            slab, socket.descriptor, Int32(truncatingIfNeeded: used), Int32(Self.largestReceive))
        guard count > 0 else { return used..<used }
        let first = used
        used += Int(count)
        return first..<used
    }

    /// The datagram in `slot`.
    public func bytes(_ slot: Int) -> UnsafeRawBufferPointer {
        unsafe UnsafeRawBufferPointer(start: start(of: slot), count: count(slot))
    }

    public func count(_ slot: Int) -> Int { unsafe Int(cnet_slab_arrival(slab, number(slot)).pointee.count) }

    /// Who sent the datagram in `slot`.
    public func source(_ slot: Int) -> SocketAddress {
        unsafe SocketAddress(cnet_slab_arrival(slab, number(slot)).pointee.from)
    }

    /// The type of service (IPv4) or traffic class (IPv6) the datagram came with: DSCP and ECN.
    public func trafficClass(_ slot: Int) -> UInt8 {
        unsafe cnet_slab_arrival(slab, number(slot)).pointee.traffic_class
    }

    // MARK: Sending

    /// Sends a part of the datagram in `slot`, from where it is.
    ///
    /// - Parameter range: Counts from the datagram's first byte; what is in the headroom has negative indices, and up to
    ///   three bytes behind the datagram may be sent too.
    public func send(
        _ slot: Int, _ range: Range<Int>, from socket: UDPSocket.Handle, to destination: SocketAddress,
        trafficClass: UInt8 = 0, dontFragment: Bool = false
    ) {
        precondition(isNear(slot, range), "outside of the datagram")
        unsafe add(
            start(of: slot) + range.lowerBound, range.count, socket, destination, trafficClass, dontFragment)
    }

    public func send(
        _ slot: Int, _ range: Range<Int>, from socket: UDPSocket, to destination: SocketAddress,
        trafficClass: UInt8 = 0, dontFragment: Bool = false
    ) {
        send(
            slot, range, from: socket.handle, to: destination, trafficClass: trafficClass,
            dontFragment: dontFragment)
    }

    /// A part of what is around the payload of the datagram in `slot`, to be written: see ``send(_:_:from:to:trafficClass:dontFragment:)``.
    public func region(_ slot: Int, _ range: Range<Int>) -> UnsafeMutableRawBufferPointer {
        precondition(isNear(slot, range), "outside of the datagram")
        return unsafe UnsafeMutableRawBufferPointer(
            start: start(of: slot) + range.lowerBound, count: range.count)
    }

    /// Sends a copy of `bytes`, for what is not received: answers, and what other loops hand over.
    public func send(
        copying bytes: UnsafeRawBufferPointer, from socket: UDPSocket, to destination: SocketAddress,
        trafficClass: UInt8 = 0, dontFragment: Bool = false
    ) {
        unsafe send(
            copying: bytes, from: socket.handle, to: destination, trafficClass: trafficClass,
            dontFragment: dontFragment)
    }

    public func send(
        copying bytes: UnsafeRawBufferPointer, from socket: UDPSocket.Handle, to destination: SocketAddress,
        trafficClass: UInt8 = 0, dontFragment: Bool = false
    ) {
        guard let source = bytes.baseAddress, bytes.count <= Self.scratchBytes else { return }
        if scratchUsed + bytes.count > Self.scratchBytes { sendWaiting() }
        guard let base = unsafe scratch.baseAddress else { return }
        let copy = unsafe base + scratchUsed
        unsafe copy.copyMemory(from: source, byteCount: bytes.count)
        scratchUsed += bytes.count
        unsafe add(copy, bytes.count, socket, destination, trafficClass, dontFragment)
    }

    /// Sends everything that waits, and has all slots free again. Not between ``receive(from:)`` and the use of what it
    /// received.
    public func flush() {
        sendWaiting()
        used = 0
    }

    /// Sends everything that waits. What was received stays: before a socket is closed, for one.
    public func sendWaiting() {
        unsafe cnet_sender_flush(sender)
        scratchUsed = 0
    }

    /// Whether there is something to flush.
    public var isWaiting: Bool { unsafe used > 0 || cnet_sender_waiting(sender) > 0 }

    public var counts: SendCounts { unsafe SendCounts(cnet_sender_counts(sender).pointee) }

    // MARK: Parts

    private func isNear(_ slot: Int, _ range: Range<Int>) -> Bool {
        range.lowerBound >= -Self.headroom && range.upperBound <= count(slot) + Self.padding
    }

    private func number(_ slot: Int) -> Int32 {
        precondition(slot >= 0 && slot < slots, "no such slot")
        return Int32(truncatingIfNeeded: slot)
    }

    private func start(of slot: Int) -> UnsafeMutableRawPointer {
        guard let start = unsafe cnet_slab_bytes(slab, number(slot)) else { preconditionFailure("no slab") }
        return UnsafeMutableRawPointer(start)
    }

    private func add(
        _ start: UnsafeMutableRawPointer, _ count: Int, _ socket: UDPSocket.Handle,
        _ destination: SocketAddress, _ trafficClass: UInt8, _ dontFragment: Bool
    ) {
        var endpoint = cnet_endpoint(destination)
        let mark: Int32 = dontFragment ? 1 : 0
        let status = unsafe cnet_sender_add(
            sender, socket.descriptor, &endpoint, start, count, trafficClass, mark)
        guard status != 0 else { return }
        unsafe cnet_sender_flush(sender)
        _ = unsafe cnet_sender_add(sender, socket.descriptor, &endpoint, start, count, trafficClass, mark)
    }
}

/// What has become of the datagrams of a ``DatagramBatch``. Only ever grows.
public struct SendCounts: Hashable, Sendable {
    /// Datagrams and bytes that the system took.
    public var datagrams: UInt64 = 0
    public var bytes: UInt64 = 0
    /// System calls, and messages of several datagrams.
    public var calls: UInt64 = 0
    public var segmented: UInt64 = 0
    /// Datagrams that were lost: because the buffer was full, because they were too large for the path, because
    /// there is no way to the destination, and for other reasons.
    public var full: UInt64 = 0
    public var tooLarge: UInt64 = 0
    public var unreachable: UInt64 = 0
    public var refused: UInt64 = 0
    /// Messages of several datagrams that had to be sent one by one.
    public var unsegmented: UInt64 = 0

    public init() {}

    init(_ counts: cnet_send_counts) {
        datagrams = counts.datagrams
        bytes = counts.bytes
        calls = counts.calls
        segmented = counts.segmented
        full = counts.full
        tooLarge = counts.too_large
        unreachable = counts.unreachable
        refused = counts.refused
        unsegmented = counts.unsegmented
    }

    /// Adds what another batch counted.
    public mutating func add(_ other: SendCounts) {
        datagrams += other.datagrams
        bytes += other.bytes
        calls += other.calls
        segmented += other.segmented
        full += other.full
        tooLarge += other.tooLarge
        unreachable += other.unreachable
        refused += other.refused
        unsegmented += other.unsegmented
    }
}
