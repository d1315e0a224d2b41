// SPDX-License-Identifier: Apache-2.0
internal import MeetingProtocol
internal import ServerConfig

/// What browsers are told about the site. MDN and the W3C name each header's meaning.
enum SecurityHeaders {
    private static let permissions = [
        "camera=(self)", "microphone=(self)", "display-capture=(self)", "speaker-selection=(self)",
        "fullscreen=(self)", "picture-in-picture=(self)", "screen-wake-lock=(self)", "autoplay=(self)",
        "geolocation=()", "payment=()", "usb=()", "serial=()", "midi=()", "hid=()",
    ].joined(separator: ", ")

    /// - Parameter path: What is asked for: only pages for guests may be shown in frames.
    static func list(
        for client: ClientRequest, _ path: String, _ config: ServerConfig
    ) -> [(String, String)] {
        let ancestors = isForFrames(path) ? config.embedding.origins.map(\.text) : []
        var policy =
            "default-src 'self'; connect-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; "
            + "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors "
            + (ancestors.isEmpty ? "'none'" : ancestors.joined(separator: " "))
        if Branding.isLogo(path, config.branding) {
            // An SVG is a document, too, for whoever opens it by its address. It may draw, and nothing else.
            policy = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; sandbox"
        }
        var headers = [
            ("Content-Security-Policy", policy), ("Permissions-Policy", permissions),
            ("X-Content-Type-Options", "nosniff"), ("Referrer-Policy", "no-referrer"),
            ("Cross-Origin-Opener-Policy", "same-origin"),
        ]
        // Only where the operator says that the certificate will stay trusted: a browser that has
        // seen this once refuses to be talked past a bad certificate.
        if config.http.strictTransportSecurity, client.isSecure {
            headers.append(("Strict-Transport-Security", "max-age=31536000"))
        }
        if path == "/embed.js" {
            // For other people's pages, those among them that take only what says that it is for them.
            headers += [
                ("Cross-Origin-Resource-Policy", "cross-origin"), ("Access-Control-Allow-Origin", "*"),
            ]
        }
        return headers
    }

    /// Meetings, invitations to them, booking and appointments: pages on which a click that somebody was lured into
    /// changes nothing of the server.
    static func isForFrames(_ path: String) -> Bool {
        path == "/appointment" || path.hasPrefix("/book/") || path.hasPrefix("/i/")
            || MeetingCode(String(path.dropFirst()))?.text == String(path.dropFirst())
    }
}
