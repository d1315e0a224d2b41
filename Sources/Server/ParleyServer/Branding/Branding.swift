// SPDX-License-Identifier: Apache-2.0
internal import HTTP
internal import JSON
internal import ServerConfig
internal import SystemCalls
internal import TLS
internal import WebServer

/// Puts an operator's name, logo, colour and links into the pages, once, when the server starts.
///
/// So they are in the first bytes that a browser gets: nothing flashes, and pages need no script for it.
struct Branding {
    private let settings: ServerConfig.Branding
    private let logo: LogoFile?
    private let palette: AccentPalette?

    /// - Throws: Why the logo cannot be used.
    init(_ settings: ServerConfig.Branding) throws(StartError) {
        self.settings = settings
        palette = settings.accent.map { AccentPalette($0) }
        if let file = settings.logo {
            logo = try Self.judged(try Self.read(file), file)
        } else {
            logo = nil
        }
    }

    init(_ settings: ServerConfig.Branding, logo: LogoFile?) {
        self.settings = settings
        self.logo = logo
        palette = settings.accent.map { AccentPalette($0) }
    }

    private static func read(_ file: String) throws(StartError) -> [UInt8] {
        do throws(SystemCallError) {
            return try SmallFile.read(file)
        } catch {
            throw StartError("branding.logo: \(file) cannot be read: \(error.reason)")
        }
    }

    private static func judged(_ bytes: [UInt8], _ file: String) throws(StartError) -> LogoFile {
        do throws(LogoFile.Refusal) {
            return try LogoFile(bytes)
        } catch {
            throw StartError("branding.logo: \(file): \(error.reason)")
        }
    }

    /// Where the logo of a kind is served.
    static func logoPath(_ kind: LogoFile.Kind) -> String { "/logo.\(kind.rawValue)" }

    /// Whether a picture of the operator's is served there, which may hold scripts and must never run them.
    static func isLogo(_ path: String, _ settings: ServerConfig.Branding) -> Bool {
        settings.logo != nil && [LogoFile.Kind.svg, .png].contains { logoPath($0) == path }
    }

    /// What the accent colour had to become, for the log.
    var changes: [(use: String, why: String)] { palette?.changes ?? [] }

    // MARK: Into the site

    /// `site` with all of it; as it was if nothing is chosen.
    func applied(to site: StaticSite) -> StaticSite {
        guard settings != ServerConfig.Branding(), !site.isEmpty else { return site }
        let tag = tag
        var branded = site.filled(tag: tag) { place in text(for: place, tag) }
        branded.set("/app.webmanifest", to: Array(manifest.formatted.utf8), tag: tag)
        if let palette { branded.set(stylesPath(tag), to: Array(palette.css.utf8), tag: tag) }
        guard let logo else { return branded }
        branded.set(Self.logoPath(logo.kind), to: logo.bytes, tag: tag)
        for path in ["/favicon.svg", "/icon-192.png", "/icon-512.png", "/icon-maskable.png"] {
            branded.remove(path)
        }
        // Phones ask for this one by themselves.
        if logo.kind == .png {
            branded.set("/apple-touch-icon.png", to: logo.bytes, tag: tag)
        } else {
            branded.remove("/apple-touch-icon.png")
        }
        return branded
    }

    /// Differs whenever anything of it does, so that no browser takes the old for the new.
    private var tag: String {
        var bytes = Array(
            [
                settings.name.text, settings.welcome?.text ?? "", settings.links.settingText,
                palette?.css ?? "", logo?.kind.rawValue ?? "",
            ].joined(separator: "\u{0}").utf8)
        bytes += logo?.bytes ?? []
        let digits = Array("0123456789abcdef")
        return String(
            Digest.sha256(bytes).prefix(6).flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] })
    }

    private var isNamed: Bool { settings.name != .usual }

    /// In the folder of what never changes.
    private func stylesPath(_ tag: String) -> String { "/assets/branding-\(tag).css" }

    private func text(for place: StaticSite.Place, _ tag: String) -> String? {
        let path = logo.map { Self.logoPath($0.kind) }
        switch place.kind {
        case .name: return Self.escaped(settings.name.text)
        case .title: return isNamed ? Self.escaped(settings.name.text) : nil
        case .ours: return isNamed ? "" : nil
        case .welcome: return settings.welcome.map { Self.escaped($0.text) }
        case .logo: return path
        case .icon: return path.map { "href=\"\($0)\" type=\"\(Self.type(of: $0))\"" }
        case .touchIcon:
            guard let logo else { return nil }
            return logo.kind == .png ? "<link rel=\"apple-touch-icon\" href=\"/apple-touch-icon.png\">" : ""
        case .darkTheme: return palette?.dark.primary.settingText
        case .lightTheme: return palette?.light.primary.settingText
        case .styles: return palette.map { _ in "<link rel=\"stylesheet\" href=\"\(stylesPath(tag))\">" }
        case .links: return links(place.words)
        case .version: return tag
        }
    }

    private func links(_ words: [String: String]) -> String? {
        guard !settings.links.links.isEmpty else { return nil }
        let links = settings.links.links.map { link in
            let known = ServiceLinks.known.contains(link.label) ? words[link.label] : nil
            return "<a href=\"\(Self.escaped(link.target))\">\(Self.escaped(known ?? link.label))</a>"
        }
        let label = Self.escaped(words["label"] ?? settings.name.text)
        return "<nav class=\"about\" aria-label=\"\(label)\">\(links.joined(separator: " "))</nav>\n"
    }

    /// W3C Web Application Manifest.
    private var manifest: JSONValue {
        let icons: [(path: String, sizes: String, purpose: String?)]
        if let logo {
            let sizes = logo.width.flatMap { width in logo.height.map { "\(width)x\($0)" } } ?? "any"
            icons = [(Self.logoPath(logo.kind), sizes, nil)]
        } else {
            icons = [
                ("/favicon.svg", "any", nil), ("/icon-192.png", "192x192", nil),
                ("/icon-512.png", "512x512", nil),
                ("/icon-maskable.png", "512x512", "maskable"),
            ]
        }
        let ground = AccentPalette.Grounds.dark.ground.settingText
        return [
            "name": .string(settings.name.text), "short_name": .string(settings.name.text),
            "description": .string(settings.welcome?.text ?? "Video meetings on your own server"),
            "id": "/", "start_url": "/", "scope": "/", "display": "standalone",
            "background_color": .string(ground),
            "theme_color": .string(palette?.dark.primary.settingText ?? ground),
            "icons": .array(
                icons.map { icon in
                    var members: [(String, JSONValue)] = [
                        ("src", .string(icon.path)), ("sizes", .string(icon.sizes)),
                        ("type", .string(Self.type(of: icon.path))),
                    ]
                    if let purpose = icon.purpose { members.append(("purpose", .string(purpose))) }
                    return .object(JSONObject(members))
                }),
        ]
    }

    private static func type(of path: String) -> String {
        MediaType.of(pathExtension: path.hasSuffix(".svg") ? "svg" : "png")
    }

    /// For an element and for an attribute in double quotes alike.
    static func escaped(_ text: String) -> String {
        var escaped = ""
        for character in text.unicodeScalars {
            switch character {
            case "&": escaped += "&amp;"
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            case "\"": escaped += "&quot;"
            default: escaped.unicodeScalars.append(character)
            }
        }
        return escaped
    }
}
