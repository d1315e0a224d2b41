// SPDX-License-Identifier: Apache-2.0

/// A type of setting: how its values are written and read back.
public protocol SettingValue: Sendable {
    /// The value that `text` stands for; `nil` when it stands for none.
    init?(setting text: String)
    /// The text that ``init(setting:)`` reads back as this value.
    var settingText: String { get }
    /// What ``init(setting:)`` accepts, as in "… is not a port number, e.g. 8443".
    static var settingFormat: String { get }
}

/// A setting that is one of a few words.
public protocol SettingChoice: SettingValue, Hashable, CaseIterable, RawRepresentable<String> {}

extension SettingChoice {
    public init?(setting text: String) { self.init(rawValue: text) }
    public var settingText: String { rawValue }
    public static var settingFormat: String {
        let words = allCases.map(\.rawValue)
        return words.dropLast().joined(separator: ", ") + " or " + (words.last ?? "")
    }
}

extension Bool: SettingValue {
    public init?(setting text: String) { self.init(text) }
    public var settingText: String { description }
    public static var settingFormat: String { "true or false" }
}

extension Int: SettingValue {
    public init?(setting text: String) {
        guard let number = decimal(text[...]) else { return nil }
        self = number
    }
    public var settingText: String { description }
    public static var settingFormat: String { "a whole number" }
}

/// Strings are paths of files and folders, the only free text among the settings.
extension String: SettingValue {
    public init?(setting text: String) {
        guard !text.isEmpty, !text.unicodeScalars.contains(where: { $0.value < 0x20 }) else { return nil }
        self = text
    }
    public var settingText: String { self }
    public static var settingFormat: String { "a path" }
}

/// A whole number and a unit: `30s`, `5m`, `12h`, `1d`.
extension Duration: SettingValue {
    private static let units: [(suffix: Character, seconds: Int64)] = [
        ("d", 86_400), ("h", 3600), ("m", 60), ("s", 1),
    ]

    public init?(setting text: String) {
        guard let suffix = text.last, let unit = Self.units.first(where: { $0.suffix == suffix }),
            let count = decimal(text.dropLast()).map(Int64.init), count <= 36_500 * 86_400 / unit.seconds
        else { return nil }
        self = .seconds(count * unit.seconds)
    }

    public var settingText: String {
        let seconds = components.seconds
        let unit = Self.units.first { seconds != 0 && seconds % $0.seconds == 0 } ?? ("s", 1)
        return "\(seconds / unit.seconds)\(unit.suffix)"
    }

    public static var settingFormat: String { "a number and a unit: 30s, 5m, 12h, 1d" }
}

/// A setting that may be left empty.
extension Optional: SettingValue where Wrapped: SettingValue {
    public init?(setting text: String) {
        if text.isEmpty {
            self = nil
            return
        }
        guard let value = Wrapped(setting: text) else { return nil }
        self = .some(value)
    }
    public var settingText: String { self?.settingText ?? "" }
    public static var settingFormat: String { "\(Wrapped.settingFormat), or nothing" }
}

/// Values separated by commas or spaces; none is an empty list.
extension Array: SettingValue where Element: SettingValue {
    public init?(setting text: String) {
        self = []
        for item in text.split(whereSeparator: { $0 == "," || $0 == " " || $0 == "\t" }) {
            guard let value = Element(setting: String(item)) else { return nil }
            append(value)
        }
    }
    public var settingText: String { map(\.settingText).joined(separator: ", ") }
    public static var settingFormat: String { "\(Element.settingFormat); several with commas" }
}
