// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import ServerConfig

@Suite("Colours") struct ColourTests {
    private func colour(_ text: String) throws -> Colour { try #require(Colour(setting: text)) }

    @Test(
        "contrast is that of WCAG 2.2",
        arguments: [
            // Its definition: black on white.
            ("#000000", "#ffffff", 21.0),
            ("#ffffff", "#ffffff", 1.0),
            // The greys that its techniques G18 and F24 and every checker name: just enough and just not.
            ("#767676", "#ffffff", 4.54),
            ("#777777", "#ffffff", 4.48),
            ("#ff0000", "#ffffff", 4.0),
            ("#0000ff", "#ffffff", 8.59),
            ("#2563eb", "#ffffff", 5.17),
        ])
    func contrast(one: String, other: String, ratio: Double) throws {
        let (one, other) = (try colour(one), try colour(other))
        #expect(abs(one.contrast(with: other) - ratio) < 0.01)
        #expect(one.contrast(with: other) == other.contrast(with: one))
    }

    @Test("mix as CSS mixes in sRGB")
    func mix() throws {
        #expect(Colour.black.mixed(with: .white, 0.5) == (try colour("#808080")))
        #expect((try colour("#204060")).mixed(with: .white, 0) == (try colour("#204060")))
        #expect((try colour("#204060")).mixed(with: .black, 1) == .black)
    }

    @Test("are read and written as six digits")
    func text() throws {
        #expect(try colour("#0A0b0c").settingText == "#0a0b0c")
        for text in ["", "#", "0a0b0c", "#0a0", "#0a0b0c0d", "#0a0b0g", "#+a0b0c", "red", "#٠٠٠٠٠٠"] {
            #expect(Colour(setting: text) == nil, "\(text)")
        }
    }
}

@Suite("Branding settings") struct BrandingSettingTests {
    @Test("names are short and plain")
    func names() {
        #expect(
            ServiceName(setting: "Praxis Dr. Müller & <b>Söhne</b>")?.text
                == "Praxis Dr. Müller & <b>Söhne</b>")
        let long = String(repeating: "x", count: 41)
        for name in ["", "  ", long, "a\nb", "a\u{202E}b", "a\u{2066}b", "a\u{200F}b", "\u{E000}"] {
            #expect(ServiceName(setting: name) == nil, "\(name.debugDescription)")
        }
        #expect(ServerConfig().branding.name.text == "Parley")
    }

    @Test("links are labels and addresses")
    func links() throws {
        let text =
            "imprint https://example.org/imprint?a=b#c, Our opening hours /hours.html, support mailto:help@example.org"
        let links = try #require(ServiceLinks(setting: text))
        #expect(links.links.map(\.label) == ["imprint", "Our opening hours", "support"])
        #expect(
            links.links.map(\.target) == [
                "https://example.org/imprint?a=b#c", "/hours.html", "mailto:help@example.org",
            ])
        #expect(links.settingText == text)
        #expect(ServiceLinks(setting: "")?.links.isEmpty == true)
    }

    @Test(
        "links that lead nowhere good are refused",
        arguments: [
            "imprint", "https://example.org", "imprint http://example.org", "imprint javascript:alert(1)",
            "imprint //example.org", "imprint https://user@example.org", "imprint https://",
            "imprint data:text/html,x",
            #"imprint /"onclick="x"#, "im\u{202E}print /x", "support mailto:nobody",
            "a /1, b /2, c /3, d /4, e /5, f /6, g /7",
        ])
    func refusedLinks(text: String) { #expect(ServiceLinks(setting: text) == nil) }

    @Test("a logo that is none is told with its setting")
    func logoProblem() {
        var layers = ConfigLayers(arguments: [.init(key: "branding.logo", value: "l.svg", written: "--set")])
        layers.whyNoLogo = { _ in "this is neither an SVG nor a PNG file" }
        #expect {
            try ServerConfig.load(layers)
        } throws: { error in
            (error as? ServerConfigError)?.description
                == "--set: branding.logo: l.svg: this is neither an SVG nor a PNG file"
        }
    }
}

@Suite("Logo files") struct LogoFileTests {
    static let svg = #"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8"><path d="M0 0h8v8z"/></svg>"#

    /// A PNG as far as anybody looks who does not draw it.
    static func png(width: Int = 64, height: Int = 64, isWhole: Bool = true) -> [UInt8] {
        func number(_ value: Int) -> [UInt8] {
            [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) }
        }
        let head: [UInt8] =
            [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A] + number(13) + Array("IHDR".utf8)
        let rest: [UInt8] = [8, 6, 0, 0, 0] + number(0)
        let end: [UInt8] = number(0) + Array("IEND".utf8) + [0xAE, 0x42, 0x60, 0x82]
        return head + number(width) + number(height) + rest + (isWhole ? end : [])
    }

    private func reason(_ bytes: [UInt8]) -> String? {
        do throws(LogoFile.Refusal) {
            _ = try LogoFile(bytes)
            return nil
        } catch {
            return error.reason
        }
    }

    @Test("are known by their bytes")
    func kinds() throws {
        #expect(try LogoFile(Array(Self.svg.utf8)).kind == .svg)
        let prolog = "\u{FEFF}<?xml version=\"1.0\"?>\n<!-- by hand -->\n<!DOCTYPE svg PUBLIC \"x\">\n"
        #expect(try LogoFile(Array((prolog + Self.svg).utf8)).kind == .svg)
        let png = try LogoFile(Self.png(width: 320, height: 80))
        #expect(png.kind == .png && png.width == 320 && png.height == 80)
    }

    @Test("that cannot be shown are refused with what is wrong")
    func refusals() {
        #expect(reason([]) == "this file is empty")
        #expect(reason(Array("GIF89a".utf8)) == "this is neither an SVG nor a PNG file")
        #expect(reason(Array("<html><svg></svg></html>".utf8)) == "this is neither an SVG nor a PNG file")
        #expect(
            reason(Array("<svg viewBox=\"0 0 8 8\"></svg>".utf8)) == "this is neither an SVG nor a PNG file")
        #expect(reason(Array(Self.svg.utf8.dropLast(6))) == "this is neither an SVG nor a PNG file")
        #expect(reason([0xFF] + Array(Self.svg.utf8)) == "this is neither an SVG nor a PNG file")
        let entities = "<!DOCTYPE svg [<!ENTITY a \"b\">]>" + Self.svg
        #expect(reason(Array(entities.utf8)) != nil)
        #expect(reason(Self.png(isWhole: false)) == "this PNG file is damaged or cut off")
        #expect(reason(Self.png(width: 5000)) == "5000 × 64 pixels; each side of a logo has 16 to 4096")
        #expect(reason(Self.png(height: 0)) == "64 × 0 pixels; each side of a logo has 16 to 4096")
        let large = [UInt8](repeating: 0x20, count: 300_000)
        #expect(reason(large) == "300 kB are too much; a logo may have 250 kB")
        for count in 0..<Self.png().count { #expect(reason(Array(Self.png().prefix(count))) != nil) }
    }
}
