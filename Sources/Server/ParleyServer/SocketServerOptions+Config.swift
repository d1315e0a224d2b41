// SPDX-License-Identifier: Apache-2.0
internal import HTTP
internal import ServerConfig
internal import SocketIO
internal import WebServer

extension SocketServerOptions {
    /// What tells who somebody is, once they ask for a namespace; nothing else of a request is of use later.
    static let credentialHeaders: Set<String> = ["authorization", "cookie"]

    init(_ config: ServerConfig) {
        self.init()
        compressesWebSockets = config.http.webSocketCompression
        keptHeaders = Self.credentialHeaders
        // The rest of the library's limits is what a meeting server wants, too: its clients send less.
        drainTime = .seconds(4)
    }
}

extension ClientRequest {
    /// What the Socket.IO server is to know of it.
    func socketClient(for request: HTTPRequest, _ services: Services) -> SocketClient {
        SocketClient(
            address: address, isSecure: isSecure, isOriginAllowed: isOriginAllowed, isTrusted: isLocal,
            authority: authority,
            corsHeaders: CrossOrigin.headers(for: request.head, services.config.http, withCookies: true))
    }
}
