// SPDX-License-Identifier: Apache-2.0
internal import Datagrams
internal import Forwarding
internal import ICE

/// Where the forwarder of one loop writes: runs of datagrams leave from the memory they are written to, what is for
/// streams is collected for their legs.
///
/// A value around two objects, so that the forwarder can have it while it is being changed itself.
@safe struct MediaOutlet: MediaSink {
    let runs: DatagramRuns
    let post: MediaPost
    /// The listening sockets, by number.
    var sockets: ContiguousArray<UDPSocket.Handle?> = []
    /// Runs for a socket that is closed.
    var homeless: UInt64 = 0
    private var start: UnsafeMutableRawPointer?

    init(runs: DatagramRuns, post: MediaPost) {
        self.runs = runs
        self.post = post
    }

    @inline(__always)
    mutating func space(_ count: Int) -> UnsafeMutableRawPointer {
        let space = unsafe runs.space(count)
        unsafe start = space
        return unsafe space
    }

    mutating func send(count: Int, segment: Int, to path: MediaPath) {
        guard path.stream == 0 else {
            guard let start = unsafe start else { return }
            return unsafe post.add(
                run: UnsafeRawBufferPointer(start: start, count: count), segment: segment, path)
        }
        let number = Int(path.local)
        guard number < sockets.count, let socket = sockets[number] else {
            homeless += 1
            return
        }
        runs.send(count: count, segment: segment, from: socket, to: path.remote)
    }
}
