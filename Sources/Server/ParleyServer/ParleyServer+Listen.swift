// SPDX-License-Identifier: Apache-2.0
internal import NetworkAddresses
internal import ServerConfig
internal import SystemCalls
internal import WebServer

/// Why nobody can listen at an address.
struct ListenFailure: Error {
    var problem: String
    /// The beginning of a sentence about what to do.
    var fix: String
}

extension ParleyServer {
    /// Listens with the same server of every shard. The first loop finds the port, the others share it.
    static func listen(
        _ shards: ShardSet, _ config: ServerConfig, port: UInt16,
        _ web: @escaping @Sendable (Shard) -> WebLoop
    ) throws(ListenFailure) -> UInt16 {
        var port = port
        let host = try check(config, port: port)
        for index in 0..<shards.count {
            let wanted = port
            let result: Result<UInt16, SystemCallError> = blocking { done in
                shards.execute(on: index) { shard in
                    done(
                        Result { () throws(SystemCallError) in try web(shard).listen(host: host, port: wanted)
                        })
                }
            }
            switch result {
            case .success(let actual): port = actual
            case .failure(let error):
                throw ListenFailure(
                    problem: error.description, fix: "Choose another address or port")
            }
        }
        return port
    }

    /// Whether somebody could listen at the port.
    /// - Returns: The numeric address.
    @discardableResult
    static func check(_ config: ServerConfig, port: UInt16) throws(ListenFailure) -> String {
        guard let host = config.http.listen.resolved()?.description else {
            throw ListenFailure(
                problem: "nobody knows the name \(config.http.listen.host)",
                fix: "Use an address, such as 0.0.0.0 for all,")
        }
        try refuseSharedPort(host: host, port: port)
        return host
    }

    /// Our loops share the port with each other, and the kernel would let a second server of the same
    /// user share it too, which then gets half of the connections.
    private static func refuseSharedPort(host: String, port: UInt16) throws(ListenFailure) {
        guard port != 0, let reason = WebLoop.reasonPortIsTaken(host: host, port: port) else { return }
        throw ListenFailure(
            problem: "\(ListenAddress(host: host, port: port).settingText) cannot be used: \(reason)",
            fix: "Is another Parley running? Stop it, or choose another port")
    }
}
