// SPDX-License-Identifier: Apache-2.0
import Foundation
import HTTP
import JSON
import ServerConfig
import Testing
import WebServer

@testable import ParleyServer

@Suite("Accent palettes") struct AccentPaletteTests {
    /// Every seventeenth step of each part: 4096 colours.
    private static let accents: [Colour] = {
        let steps = stride(from: UInt8(0), through: 255, by: 17).map(\.self)
        return steps.flatMap { red in
            steps.flatMap { green in steps.map { Colour(red: red, green: green, blue: $0) } }
        }
    }()

    @Test("have enough contrast in both schemes, whatever the colour")
    func contrast() {
        for accent in Self.accents {
            let palette = AccentPalette(accent)
            for (scheme, grounds) in [
                (palette.dark, AccentPalette.Grounds.dark), (palette.light, AccentPalette.Grounds.light),
            ] {
                let all = [grounds.ground, grounds.panel, grounds.raised]
                #expect(all.allSatisfy { scheme.link.contrast(with: $0) >= 4.5 }, "\(accent.settingText)")
                #expect(scheme.link.contrast(with: scheme.lit) >= 4.5, "\(accent.settingText)")
                #expect(all.allSatisfy { scheme.ring.contrast(with: $0) >= 3 }, "\(accent.settingText)")
                #expect(
                    all.prefix(2).allSatisfy { scheme.primary.contrast(with: $0) >= 3 },
                    "\(accent.settingText)")
                #expect(scheme.onPrimary.contrast(with: scheme.primary) >= 4.5, "\(accent.settingText)")
                #expect(scheme.onPrimary.contrast(with: scheme.primaryHover) >= 4.5, "\(accent.settingText)")
            }
            #expect(palette.tileRing.contrast(with: AccentPalette.tile) >= 3, "\(accent.settingText)")
            #expect(palette.tileMark.contrast(with: AccentPalette.tile) >= 4.5, "\(accent.settingText)")
        }
    }

    @Test("leave a colour as it is where it is good, and say what they changed elsewhere")
    func changes() throws {
        let teal = AccentPalette(try #require(Colour(setting: "#0f766e")))
        #expect(teal.light.primary == teal.accent && teal.light.ring == teal.accent)
        #expect(teal.light.onPrimary == .white)
        let navy = AccentPalette(try #require(Colour(setting: "#1e3a8a")))
        #expect(navy.light.link == navy.accent && navy.dark.link != navy.accent)
        let yellow = AccentPalette(try #require(Colour(setting: "#ffe600")))
        #expect(yellow.dark.primary == yellow.accent && yellow.dark.onPrimary == .black)
        let change = try #require(yellow.changes.first { $0.use == "light links" })
        #expect(change.why.hasPrefix("#ffe600 has 1.") && change.why.contains(" of 4.5:1, so #"))
        #expect(!yellow.changes.contains { $0.use.hasPrefix("dark") })
    }

    @Test("know the grounds that the style sheets have")
    func grounds() throws {
        let root = URL(filePath: #filePath).appending(path: "../../..").standardized
        let tokens = try String(contentsOf: root.appending(path: "web/styles/_tokens.css"), encoding: .utf8)
        let halves = tokens.split(separator: "@media (prefers-color-scheme: light)", maxSplits: 1)
        try #require(halves.count == 2)
        for (text, grounds) in zip(halves, [AccentPalette.Grounds.dark, .light]) {
            #expect(text.contains("--ground: \(grounds.ground.settingText);"))
            #expect(text.contains("--panel: \(grounds.panel.settingText);"))
            #expect(text.contains("--raised: \(grounds.raised.settingText);"))
        }
    }
}

@Suite("Branded pages") struct BrandingTests {
    private static let markup = #"<title>Parley</title><img src="/favicon.svg"><p>Lead</p>"#

    /// A site with a page, a manifest and the usual icons.
    private var site: StaticSite {
        func place(_ kind: StaticSite.Place.Kind, _ text: String, words: [String: String] = [:])
            -> StaticSite.Place
        {
            let start = Self.markup.utf8.firstRange(of: text.utf8)?.lowerBound
            let offset =
                start.map { Self.markup.utf8.distance(from: Self.markup.utf8.startIndex, to: $0) } ?? 0
            return .init(kind, offset..<offset + text.utf8.count, words: words)
        }
        let end = Self.markup.utf8.count
        let words = ["label": "Über uns", "imprint": "Impressum"]
        func bytes(_ text: String) -> StaticBytes { .keeping(Array(text.utf8)) }
        let places = [
            place(.name, "Parley"), place(.logo, "/favicon.svg"), place(.welcome, "Lead"),
            .init(.links, end..<end, words: words), .init(.styles, end..<end),
        ]
        return StaticSite(files: [
            "/": .init(etag: "\"page\"", identity: bytes(Self.markup), places: places),
            "/favicon.svg": .init(etag: "\"icon\"", identity: bytes("<svg/>")),
            "/app.webmanifest": .init(etag: "\"app\"", identity: bytes("{}")),
        ])
    }

    private func settings(_ change: (inout ServerConfig.Branding) throws -> Void) rethrows
        -> ServerConfig.Branding
    {
        var settings = ServerConfig.Branding()
        try change(&settings)
        return settings
    }

    private func text(_ path: String, of site: StaticSite) throws -> String {
        let response = try #require(site.respond(to: HTTPRequestHead(.get, path), path: path))
        guard case .fixed(let bytes) = response.body else { return "" }
        return String(decoding: bytes.array, as: UTF8.self)
    }

    private func etag(_ path: String, of site: StaticSite) -> String? {
        site.respond(to: HTTPRequestHead(.get, path), path: path)?.headers["ETag"]
    }

    @Test("are the usual ones where nothing is chosen")
    func nothing() throws {
        let same = Branding(ServerConfig.Branding(), logo: nil).applied(to: site)
        #expect(try text("/", of: same) == Self.markup && etag("/", of: same) == "\"page\"")
        #expect(try text("/app.webmanifest", of: same) == "{}")
    }

    @Test("have all of it in their places, as text")
    func everything() throws {
        let chosen = try settings { settings in
            settings.name = try #require(ServiceName(setting: "A & <b>\"B\"</b>"))
            settings.welcome = ServiceText(setting: "<script>hello</script>")
            settings.links = try #require(
                ServiceLinks(setting: "imprint /i?a&b, <i>Us</i> https://example.org"))
            settings.logo = "logo.svg"
        }
        let svg = Array("<svg xmlns=\"http://www.w3.org/2000/svg\"></svg>".utf8)
        let branded = Branding(chosen, logo: try LogoFile(svg)).applied(to: site)
        let links =
            "<nav class=\"about\" aria-label=\"Über uns\"><a href=\"/i?a&amp;b\">Impressum</a> "
            + "<a href=\"https://example.org\">&lt;i&gt;Us&lt;/i&gt;</a></nav>\n"
        #expect(
            try text("/", of: branded)
                == "<title>A &amp; &lt;b&gt;&quot;B&quot;&lt;/b&gt;</title><img src=\"/logo.svg\">"
                + "<p>&lt;script&gt;hello&lt;/script&gt;</p>" + links)
        #expect(try text("/logo.svg", of: branded) == String(decoding: svg, as: UTF8.self))
        #expect(branded.respond(to: HTTPRequestHead(.get, "/favicon.svg"), path: "/favicon.svg") == nil)
        let manifest = try JSONValue(parsing: try text("/app.webmanifest", of: branded))
        #expect(manifest.formatted.contains(#""name":"A & <b>\"B\"</b>""#))
        #expect(manifest.formatted.contains(#""src":"/logo.svg","sizes":"any""#))
    }

    @Test("have an accent in a style sheet of their own, that never changes under its name")
    func accent() throws {
        let chosen = settings { $0.accent = Colour(setting: "#0f766e") }
        let branded = Branding(chosen, logo: nil).applied(to: site)
        let page = try text("/", of: branded)
        let start = try #require(page.firstRange(of: "/assets/branding-")).lowerBound
        let path = String(page[start...].prefix { $0 != "\"" })
        #expect(try text(path, of: branded).contains("--primary:#0f766e"))
        let response = branded.respond(to: HTTPRequestHead(.get, path), path: path)
        #expect(response?.headers["Cache-Control"]?.contains("immutable") == true)
        #expect(response?.headers["Content-Type"]?.hasPrefix("text/css") == true)
    }

    @Test("get another tag with every change, so that no browser keeps the old ones")
    func tags() throws {
        let names = ["One", "Two"]
        let tags = try names.map { name in
            let chosen = try settings { $0.name = try #require(ServiceName(setting: name)) }
            return etag("/", of: Branding(chosen, logo: nil).applied(to: site))
        }
        #expect(Set(tags + [etag("/", of: site)]).count == 3)
    }
}
