// SPDX-License-Identifier: Apache-2.0
internal import CNet
public import NetworkAddresses

/// Sends what is written into its memory, many datagrams at a time, without copying.
///
/// For what is made here, as media is for each receiver: ask for ``space(_:)``, write datagrams behind each other, and
/// ``send(count:segment:from:to:)`` them. Equally large ones leave as one message (UDP_SEGMENT). Everything leaves when it
/// is flushed, in its order, or when memory or messages run out. ``DatagramBatch`` is for what is forwarded as it came.
///
/// One thread's.
@safe public final class DatagramRuns {
    /// What the system takes in one run.
    public static let largestRun = 64
    /// More than any datagram, and than any run.
    public static let largestSpace = 1 << 16

    private let runs: OpaquePointer
    private let arena: UnsafeMutableRawPointer
    private let size: Int
    private var used = 0

    /// - Parameters:
    ///   - bytes: How much may wait. What is sent was written a moment ago, so it should fit into a cache of the
    ///     processor.
    ///   - messages: How many runs may wait.
    public init(bytes: Int = 1 << 18, messages: Int = 512) {
        size = max(bytes, Self.largestSpace)
        guard let runs = unsafe cnet_runs_create(Int32(clamping: max(messages, 64))) else {
            preconditionFailure("no memory for datagrams")
        }
        unsafe self.runs = runs
        unsafe arena = .allocate(byteCount: size, alignment: 64)
    }

    deinit {
        unsafe cnet_runs_free(runs)
        unsafe arena.deallocate()
    }

    /// Memory for at most `count` bytes. It is the caller's until the next call.
    ///
    /// - Parameter count: At most ``largestSpace``.
    @inline(__always)
    public func space(_ count: Int) -> UnsafeMutableRawPointer {
        if used + count > size { flush() }
        precondition(count <= size, "larger than any run")
        return unsafe arena + used
    }

    /// Sends the first `count` bytes of the last ``space(_:)``.
    ///
    /// - Parameter segment: The size of each datagram but the last, which may be shorter; 0 for a single datagram.
    public func send(count: Int, segment: Int, from socket: UDPSocket.Handle, to destination: SocketAddress) {
        guard count > 0, used + count <= size else { return }
        let start = unsafe arena + used
        // On a cache line of its own: what is written next is not in the line that the system reads.
        used = min(size, (used + count + 63) & ~63)
        var endpoint = cnet_endpoint(destination)
        let segment = UInt32(truncatingIfNeeded: segment)
        guard unsafe cnet_runs_add(runs, socket.descriptor, &endpoint, start, count, segment) != 0 else {
            return
        }
        unsafe cnet_runs_flush(runs)
        _ = unsafe cnet_runs_add(runs, socket.descriptor, &endpoint, start, count, segment)
    }

    /// Sends a copy of one datagram.
    public func send(
        copying bytes: UnsafeRawBufferPointer, from socket: UDPSocket.Handle, to destination: SocketAddress
    ) {
        guard let source = bytes.baseAddress, bytes.count <= Self.largestSpace else { return }
        unsafe space(bytes.count).copyMemory(from: source, byteCount: bytes.count)
        send(count: bytes.count, segment: 0, from: socket, to: destination)
    }

    /// Sends everything that waits. Before a socket is closed, too: what waits names descriptors.
    public func flush() {
        unsafe cnet_runs_flush(runs)
        used = 0
    }

    /// Whether there is something to flush.
    public var isWaiting: Bool { unsafe cnet_runs_waiting(runs) > 0 }

    public var counts: SendCounts { unsafe SendCounts(cnet_runs_counts(runs).pointee) }
}
