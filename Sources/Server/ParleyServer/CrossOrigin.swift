// SPDX-License-Identifier: Apache-2.0
internal import HTTP
internal import ServerConfig

/// What lets the pages of an allowed origin read our answers: the CORS protocol of the Fetch standard.
enum CrossOrigin {
    /// - Parameter withCookies: Whether such pages may send cookies along.
    /// - Returns: nothing for pages of the server's own and for those that are not allowed.
    static func headers(
        for head: HTTPRequestHead, _ config: ServerConfig.HTTP, withCookies: Bool
    ) -> [(String, String)] {
        guard let origin = head.headers["Origin"],
            config.allowedOrigins.contains(where: { $0.text == origin })
        else { return [] }
        var headers = [("Access-Control-Allow-Origin", origin), ("Vary", "Origin")]
        if withCookies { headers.append(("Access-Control-Allow-Credentials", "true")) }
        if head.method == .options {
            headers.append(("Access-Control-Allow-Methods", "GET, POST, PUT, PATCH, DELETE"))
            headers.append(("Access-Control-Allow-Headers", "Content-Type, Authorization"))
        }
        return headers
    }
}
