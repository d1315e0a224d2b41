// SPDX-License-Identifier: Apache-2.0
internal import EngineKit
internal import EventLoops
internal import HTTP
internal import NetworkAddresses
internal import ServerConfig
internal import WebServer

/// Who really asks, and for which site, seen through a trusted proxy if there is one.
struct ClientRequest {
    /// The client's own address.
    let address: String
    /// Whether the browser's connection is encrypted, ours or the proxy's.
    let isSecure: Bool
    /// Host and port as the browser wrote them; empty when it sent none.
    let authority: String
    /// False for a browser page of another site.
    let isOriginAllowed: Bool
    /// Whether a page of this site asks, and says so as no other site's page can: what a cookie's owner did
    /// not mean to ask for, they did not ask for.
    let isOwnPage: Bool
    /// False for a peer that should have come through the proxy.
    let isPeerAllowed: Bool
    /// Whether a program on this machine asks for itself: a proxy here passes on what others ask.
    let isLocal: Bool
    let isHost: Bool

    init(_ request: HTTPRequest, _ services: Services) {
        let http = services.config.http
        let headers = request.head.headers
        let peer = IPAddress(request.peer.host)
        let isProxied = peer.map { peer in http.trustedProxies.contains { $0.contains(peer) } } ?? false
        // With proxies listed and no TLS of our own, a stranger would be speaking plain HTTP to us.
        isPeerAllowed =
            isProxied || http.trustedProxies.isEmpty || request.isSecure || peer?.isLoopback == true
        address =
            isProxied
            ? Self.client(of: headers, through: http.trustedProxies) ?? request.peer.host : request.peer.host
        isLocal = peer?.isLoopback == true && headers["X-Forwarded-For"] == nil && headers["Forwarded"] == nil
        isSecure = (isProxied ? HTTPForwarded.isSecure(headers) : nil) ?? request.isSecure
        let forwardedHost =
            isProxied ? headers["X-Forwarded-Host"].flatMap(HTTPAuthority.init(parsing:)) : nil
        authority = (forwardedHost ?? request.head.authority)?.description.lowercased() ?? ""
        let own = (isSecure ? "https://" : "http://") + authority
        isOriginAllowed = Self.allows(headers["Origin"], own: own, others: http.allowedOrigins)
        isOwnPage = headers[RestAPI.csrfHeader] == "1" && Self.isFromOwnPage(headers, own: own)
        let cookies = headers["Cookie"].map(Cookies.parse) ?? []
        isHost = cookies.contains {
            $0.0 == HostAccess.cookieName && services.host.accepts(cookie: $0.1, now: .system())
        }
    }

    /// The last address of the list that no trusted proxy of ours is: what stands before it anyone may
    /// have written.
    private static func client(of headers: HTTPHeaders, through proxies: [AddressRange]) -> String? {
        let hops = HTTPForwarded.addresses(headers)
        for hop in hops.reversed() {
            guard let address = IPAddress(hop) else { return nil }
            if !proxies.contains(where: { $0.contains(address) }) { return address.description }
        }
        return hops.first
    }

    /// By the fetch metadata where the browser sends them, and by the origin; one of both has to be there.
    private static func isFromOwnPage(_ headers: HTTPHeaders, own: String) -> Bool {
        let (site, origin) = (headers["Sec-Fetch-Site"], headers["Origin"])
        guard site != nil || origin != nil, site == nil || site == "same-origin" else { return false }
        return allows(origin, own: own, others: [])
    }

    /// Programs other than browsers send no origin, and have no cookies of ours to abuse.
    private static func allows(_ origin: String?, own: String, others: [Origin]) -> Bool {
        guard let origin else { return true }
        guard let parsed = Origin(setting: origin) else { return false }
        return parsed.text == Origin(setting: own)?.text || others.contains(parsed)
    }
}
