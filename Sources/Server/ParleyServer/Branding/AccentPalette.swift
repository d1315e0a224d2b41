// SPDX-License-Identifier: Apache-2.0
internal import ServerConfig

/// What an operator's accent colour becomes in each colour scheme: for every use the colour itself, or the nearest one
/// on the way to white or black that is seen well enough there.
///
/// Changed rather than refused, because hardly any colour is right on a dark and on a light ground without a change,
/// and a shade of one's own colour is what designers would make by hand.
struct AccentPalette: Hashable {
    /// What stands behind the accent. The same as in `web/styles/_tokens.css`; a test compares them.
    struct Grounds: Hashable {
        var ground: Colour
        var panel: Colour
        var raised: Colour
        /// Which way colours get more contrast on these.
        var away: Colour

        static let dark = Grounds(
            ground: Colour(red: 0x12, green: 0x15, blue: 0x1B),
            panel: Colour(red: 0x1B, green: 0x20, blue: 0x29),
            raised: Colour(red: 0x25, green: 0x2C, blue: 0x38), away: .white)
        static let light = Grounds(
            ground: Colour(red: 0xF4, green: 0xF6, blue: 0xFA), panel: .white,
            raised: Colour(red: 0xE9, green: 0xED, blue: 0xF4), away: .black)
    }

    /// The colours of one scheme.
    struct Scheme: Hashable {
        /// The ground of buttons, and what is chosen.
        var primary: Colour
        var primaryHover: Colour
        /// Text on both: white where that can be read, black elsewhere.
        var onPrimary: Colour
        /// Text on the page's grounds.
        var link: Colour
        /// Rings and lines on the page's grounds.
        var ring: Colour
        /// A light in two corners of the page, laid over its ground.
        var glow: Colour
        /// The page's ground where that is strongest.
        var lit: Colour
    }

    /// WCAG 2.2, 1.4.3 and 1.4.11.
    static let textContrast = 4.5
    static let graphicContrast = 3.0
    /// The lightest part of a tile, which is dark in both schemes.
    static let tile = Colour(red: 0x2B, green: 0x33, blue: 0x42)
    /// How much of the glow is seen where it is strongest.
    static let glowStrength = 0.27

    let accent: Colour
    let dark: Scheme
    let light: Scheme
    /// Who speaks, on tiles.
    let tileRing: Colour
    let tileMark: Colour

    init(_ accent: Colour) {
        self.accent = accent
        dark = Self.scheme(accent, .dark)
        light = Self.scheme(accent, .light)
        tileRing = Self.nearest(to: accent, .white, Self.graphicContrast, on: [Self.tile])
        tileMark = Self.nearest(to: accent, .white, Self.textContrast, on: [Self.tile])
    }

    private static func scheme(_ accent: Colour, _ grounds: Grounds) -> Scheme {
        let (ground, panel, raised) = (grounds.ground, grounds.panel, grounds.raised)
        let opposite = grounds.away == .white ? Colour.black : .white
        let glow = accent.mixed(with: opposite, 0.5)
        let lit = ground.mixed(with: glow, glowStrength)
        let primary = nearest(to: accent, grounds.away, graphicContrast, on: [ground, panel])
        let onPrimary = primary.contrast(with: .white) >= textContrast ? Colour.white : .black
        return Scheme(
            primary: primary,
            // Away from the text, which so is read better still.
            primaryHover: primary.mixed(with: onPrimary == .white ? .black : .white, 0.16),
            onPrimary: onPrimary,
            link: nearest(to: accent, grounds.away, textContrast, on: [ground, panel, raised, lit]),
            ring: nearest(to: accent, grounds.away, graphicContrast, on: [ground, panel, raised]), glow: glow,
            lit: lit)
    }

    /// The first colour from `accent` towards `away` with at least `contrast` on all of `grounds`.
    private static func nearest(
        to accent: Colour, _ away: Colour, _ contrast: Double, on grounds: [Colour]
    ) -> Colour {
        for step in 0..<100 {
            let colour = accent.mixed(with: away, Double(step) / 100)
            if grounds.allSatisfy({ colour.contrast(with: $0) >= contrast }) { return colour }
        }
        return away
    }

    // MARK: Out

    /// Over the tokens, which are in a cascade layer and so count less.
    var css: String {
        let tiles = "--tile-ring:\(tileRing.settingText);--tile-mark:\(tileMark.settingText)"
        return """
            :root{\(Self.tokens(dark));\(tiles)}
            @media (prefers-color-scheme:light){:root{\(Self.tokens(light))}}

            """
    }

    private static func tokens(_ scheme: Scheme) -> String {
        let glow = "color-mix(in srgb,\(scheme.glow.settingText) \(Int(glowStrength * 100))%,transparent)"
        return [
            "--primary:\(scheme.primary.settingText)", "--primary-hover:\(scheme.primaryHover.settingText)",
            "--on-primary:\(scheme.onPrimary.settingText)", "--link:\(scheme.link.settingText)",
            "--ring:\(scheme.ring.settingText)",
            """
            --glow:radial-gradient(80rem 40rem at 80% -20%,\(glow),transparent),\
            radial-gradient(60rem 40rem at -10% 110%,\(glow),transparent)
            """,
        ].joined(separator: ";")
    }

    /// For the log: what had to be changed, and why.
    var changes: [(use: String, why: String)] {
        func change(_ use: String, _ colour: Colour, _ needed: Double, on grounds: [Colour]) -> (
            String, String
        )? {
            guard colour != accent else { return nil }
            let reached = grounds.map { accent.contrast(with: $0) }.min() ?? 0
            return (
                use,
                "\(accent.settingText) has \(Self.ratio(reached)) of \(Self.ratio(needed)), so \(colour.settingText)"
            )
        }
        return [("dark", dark, Grounds.dark), ("light", light, .light)].flatMap { name, scheme, grounds in
            let (ground, panel, raised) = (grounds.ground, grounds.panel, grounds.raised)
            return [
                change("\(name) buttons", scheme.primary, Self.graphicContrast, on: [ground, panel]),
                change(
                    "\(name) links", scheme.link, Self.textContrast, on: [ground, panel, raised, scheme.lit]),
            ].compactMap(\.self)
        }
    }

    private static func ratio(_ value: Double) -> String {
        let tenths = Int(value * 10)
        return "\(tenths / 10).\(tenths % 10):1"
    }
}
