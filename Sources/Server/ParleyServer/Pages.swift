// SPDX-License-Identifier: Apache-2.0
internal import EngineKit
internal import EventLoops
internal import HTTP
internal import MeetingProtocol
internal import TLS
internal import Telemetry
internal import WebServer

/// The pages and files that people see.
struct Pages {
    /// Files that are shown at other addresses than their own.
    private static let templates: Set<String> = [
        "/meeting", "/not-found", "/host-link-used", "/invited", "/book",
    ]

    private let shard: Shard

    init(_ shard: Shard) { self.shard = shard }

    func handle(_ client: ClientRequest, _ answer: Answer) {
        let path = answer.head.path
        if path.hasPrefix("/host/") { return claimHost(client, answer) }
        guard answer.head.method == .get || answer.head.method == .head else {
            return answer.refuseMethod(allowed: "GET, HEAD")
        }
        let site = shard.services.site
        if path == "/trust/parley-ca.crt" { return sendAuthority(answer) }
        // Files go first: a page such as /playground may be spelled like a code without its hyphens.
        if !Self.templates.contains(path), let page = site.respond(to: answer.head, path: path) {
            return answer.send(page)
        }
        if Self.isBelow("book", path), let page = site.respond(to: answer.head, path: "/book") {
            return answer.send(page)
        }
        if Self.isBelow("i", path), let page = site.respond(to: answer.head, path: "/invited") {
            return answer.send(page)
        }
        if let code = MeetingCode(String(path.dropFirst())) {
            // People type codes; one form of each keeps links, history and caches simple.
            guard path == "/" + code.text else {
                return redirect(answer, .permanentRedirect, to: "/" + code.text)
            }
            if let page = site.respond(to: answer.head, path: "/meeting") { return answer.send(page) }
        }
        guard !site.isEmpty else {
            return answer.send(
                HTTPResponse(
                    .serviceUnavailable,
                    text: "This Parley was built without its web client. Build it with `make build`.\n"))
        }
        notice("/not-found", .notFound, "There is no such page here. The home page is at /.", answer)
    }

    /// `/book/` and the name of somebody's page, `/i/` and an invite. Whether there is one, the page asks itself.
    private static func isBelow(_ folder: String, _ path: String) -> Bool {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        return parts.count == 3 && parts[1] == folder && !parts[2].isEmpty
    }

    /// A page that says one thing, under a status of its own, or its sentence if there is no client.
    private func notice(_ path: String, _ status: HTTPStatus, _ sentence: String, _ answer: Answer) {
        var head = answer.head
        // Conditions and ranges are about what was asked for, which is not there.
        for name in ["If-None-Match", "If-Range", "Range"] { head.headers.remove(name) }
        guard let page = shard.services.site.respond(to: head, path: path) else {
            return answer.send(HTTPResponse(status, text: sentence + "\n"))
        }
        answer.send(HTTPResponse(status, headers: page.headers, body: page.body))
    }

    private func sendAuthority(_ answer: Answer) {
        guard let certificate = shard.certificate else {
            return answer.send(
                HTTPResponse(
                    .notFound, text: "This server does not use a certificate authority of its own.\n"))
        }
        var headers = HTTPHeaders()
        headers.set("Content-Type", "application/x-x509-ca-cert")
        headers.set("Content-Disposition", "attachment; filename=\"parley-ca.crt\"")
        headers.set("Cache-Control", "no-cache")
        answer.send(HTTPResponse(.ok, headers: headers, body: .bytes(certificate.authorityPEM)))
    }

    private func claimHost(_ client: ClientRequest, _ answer: Answer) {
        let token = String(answer.head.path.dropFirst("/host/".count))
        guard answer.head.method == .get else { return answer.refuseMethod(allowed: "GET") }
        guard let cookie = shard.services.host.claim(token, now: .system()) else {
            return notice(
                "/host-link-used", .gone,
                "This host link was used already or is not valid. Restart Parley for a new one.", answer)
        }
        shard.services.log.info("host link used", [("from", .personal(client.address))])
        var response = HTTPResponse(.seeOther)
        response.headers.set("Location", "/")
        let setCookie = SetCookie(
            HostAccess.cookieName, cookie, maxAge: HostAccess.lifetimeSeconds, secure: client.isSecure)
        response.headers.set("Set-Cookie", setCookie.formatted)
        response.headers.set("Cache-Control", "no-store")
        answer.send(response)
    }

    private func redirect(_ answer: Answer, _ status: HTTPStatus, to location: String) {
        var response = HTTPResponse(status)
        response.headers.set("Location", location)
        answer.send(response)
    }
}
