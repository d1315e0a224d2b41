// SPDX-License-Identifier: Apache-2.0
internal import ICE

/// Puts the datagrams for one path back to back, so that equal ones leave in one call.
@safe struct RunBuilder: ~Copyable {
    private var base: UnsafeMutableRawPointer?
    private var count = 0
    private var segment = 0
    private var segments = 0
    /// A shorter datagram ends a run.
    private var isClosed = false
    let path: MediaPath

    init(_ path: MediaPath) { self.path = path }

    /// Where the next datagram goes: ``MediaRun/datagram`` bytes. Sends what is there first when `size` cannot
    /// follow it.
    @inline(__always)
    mutating func next<Sink: MediaSink & ~Copyable>(
        _ size: Int, _ sink: inout Sink
    ) -> UnsafeMutableRawPointer {
        if segments > 0,
            isClosed || size > segment || segments >= MediaRun.segments
                || count &+ MediaRun.datagram > MediaRun.capacity
        {
            finish(&sink)
        }
        if let base = unsafe base { return unsafe base + count }
        let fresh = unsafe sink.space(MediaRun.capacity)
        unsafe base = unsafe fresh
        return unsafe fresh
    }

    /// Adds what was written to where ``next(_:_:)`` said. 0 bytes add nothing.
    @inline(__always)
    mutating func append(_ size: Int) {
        guard size > 0 else { return }
        if segments == 0 { segment = size } else if size < segment { isClosed = true }
        count &+= size
        segments &+= 1
    }

    mutating func finish<Sink: MediaSink & ~Copyable>(_ sink: inout Sink) {
        if segments > 0 { sink.send(count: count, segment: segment, to: path) }
        unsafe base = nil
        (count, segment, segments, isClosed) = (0, 0, 0, false)
    }
}
