// SPDX-License-Identifier: Apache-2.0
internal import CHiredis
internal import Dispatch
internal import EventLoops
internal import Glibc
internal import NetworkAddresses
internal import SystemCalls

/// Opens non-blocking sockets to Redis. The connection may still be under way.
enum RedisSocket {
    enum Opened: Sendable {
        case descriptor(Int32)
        case failed(reason: String)
    }

    /// Calls `done` on the loop, at once unless a name must be looked up: that can take seconds, and
    /// waits on another thread.
    static func open(
        _ endpoint: RedisURL.Endpoint, on loop: EventLoop, _ done: @escaping @Sendable (Opened) -> Void
    ) {
        guard case .tcp(let host, _) = endpoint, !isNumeric(host) else { return done(begin(endpoint)) }
        DispatchQueue.global().async {
            let opened = begin(endpoint)
            loop.execute { done(opened) }
        }
    }

    private static func isNumeric(_ host: String) -> Bool {
        IPAddress(host) != nil
    }

    /// Begins to connect, and takes the descriptor out of what hiredis makes around it.
    private static func begin(_ endpoint: RedisURL.Endpoint) -> Opened {
        let made =
            switch endpoint {
            case .unix(let path): unsafe redisConnectUnixNonBlock(path)
            case .tcp(let host, let port): unsafe redisConnectNonBlock(host, Int32(port))
            }
        guard let context = unsafe made else { return .failed(reason: "out of memory") }
        guard unsafe context.pointee.err == 0 else {
            let message = unsafe withUnsafeBytes(of: context.pointee.errstr) {
                unsafe Array($0.prefix { $0 != 0 })
            }
            unsafe redisFree(context)
            return .failed(reason: String(decoding: message, as: UTF8.self))
        }
        return .descriptor(unsafe redisFreeKeepFd(context))
    }

    /// Why connecting failed; `nil` when it did not.
    static func connectError(_ descriptor: Int32) -> String? {
        var code: Int32 = 0
        var size = socklen_t(MemoryLayout<Int32>.size)
        if unsafe getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &code, &size) != 0 { code = errno }
        return code == 0 ? nil : SystemCallError(call: "connect", code: code).reason
    }
}
