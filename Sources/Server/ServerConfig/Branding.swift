// SPDX-License-Identifier: Apache-2.0

extension ServerConfig {
    /// How the service looks to those who use it.
    public struct Branding: Hashable, Sendable {
        public var name = ServiceName.usual
        /// A file with an SVG or PNG picture.
        public var logo: String?
        /// Of buttons, links and whoever speaks; changed as little as their contrast needs.
        public var accent: Colour?
        /// Instead of the sentence below the home page's heading.
        public var welcome: ServiceText?
        public var links = ServiceLinks()

        public init() {}
    }
}

/// One line of text for people: no control characters, and nothing that changes the direction of what follows.
public struct ServiceText: Hashable, SettingValue {
    public static let maxLength = 200
    public let text: String

    public init?(setting text: String) {
        guard Self.isPlain(text), text.count <= Self.maxLength else { return nil }
        self.text = text
    }

    public var settingText: String { text }
    public static var settingFormat: String { "a line of at most \(maxLength) characters" }

    static func isPlain(_ text: String) -> Bool {
        text.contains { !$0.isWhitespace }
            && text.unicodeScalars.allSatisfy { scalar in
                switch scalar.properties.generalCategory {
                case .control, .lineSeparator, .paragraphSeparator, .surrogate, .unassigned, .privateUse:
                    false
                default: !scalar.properties.isBidiControl
                }
            }
    }
}

/// What a service is called.
public struct ServiceName: Hashable, SettingValue {
    public static let maxLength = 40
    public static let usual = ServiceName("Parley")
    public let text: String

    private init(_ text: String) { self.text = text }

    public init?(setting text: String) {
        guard ServiceText.isPlain(text), text.count <= Self.maxLength else { return nil }
        self.text = text
    }

    public var settingText: String { text }
    public static var settingFormat: String { "a name of at most \(maxLength) characters" }
}

/// Pages about the service that are not its own: `imprint https://example.org/imprint, Our hours /hours.html`.
public struct ServiceLinks: Hashable, SettingValue {
    public struct Link: Hashable, Sendable {
        /// A word of ``known``, or what people are shown as it is.
        public let label: String
        /// A path of this server, or an address with `https:` or `mailto:`.
        public let target: String
    }

    /// Labels that each person sees in their own language.
    public static let known = ["imprint", "privacy", "terms", "support", "accessibility"]
    public static let maxCount = 6
    public var links: [Link] = []

    public init() {}

    public init?(setting text: String) {
        for item in text.split(separator: ",") {
            let words = item.split { $0 == " " || $0 == "\t" }
            guard let target = words.last, words.count > 1, Self.isTarget(target) else { return nil }
            let label = words.dropLast().joined(separator: " ")
            guard ServiceText.isPlain(label), label.count <= ServiceName.maxLength else { return nil }
            links.append(Link(label: label, target: String(target)))
        }
        guard links.count <= Self.maxCount else { return nil }
    }

    private static func isTarget(_ text: Substring) -> Bool {
        guard text.utf8.count <= 1024, text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }),
            !text.contains(where: { "\"<>\\^`{|}".contains($0) })
        else { return false }
        if text.hasPrefix("/") { return !text.hasPrefix("//") }
        if text.hasPrefix("mailto:") { return text.dropFirst(7).contains("@") }
        let rest = text.dropFirst(8)
        let authority = rest.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        return text.hasPrefix("https://") && !authority.contains("@")
            && Origin(setting: "https://" + authority) != nil
    }

    public var settingText: String { links.map { "\($0.label) \($0.target)" }.joined(separator: ", ") }
    public static var settingFormat: String {
        """
        a label and an https or mailto address or a path, e.g. imprint https://example.org/imprint; up to \
        \(maxCount) with commas
        """
    }
}

extension Setting {
    /// The settings of how the service looks.
    static let branding: [Setting] = [
        Setting(
            "branding.name", \.branding.name,
            "What the service is called: in titles, at the top of pages and where it is installed. See docs/branding.md."
        ),
        Setting(
            "branding.logo", \.branding.logo,
            """
            SVG or PNG file of at most \(LogoFile.maxBytes / 1000) kB that stands beside the name; square ones look \
            best.
            """),
        Setting(
            "branding.accent", \.branding.accent,
            """
            Colour of buttons, links and whoever speaks; made lighter or darker for each scheme as far as contrast \
            needs.
            """),
        Setting(
            "branding.welcome", \.branding.welcome, "The sentence below the heading of the home page."),
        Setting(
            "branding.links", \.branding.links,
            """
            Links on the home page and others. The labels `imprint`, `privacy`, `terms`, `support` and \
            `accessibility` are shown in each person's language, others as they are.
            """),
    ]
}
