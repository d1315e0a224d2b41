// SPDX-License-Identifier: Apache-2.0

internal import HTTP

/// What was agreed about compressing messages. RFC 7692 §7.
///
/// Neither end keeps its window from one message to the next: that costs some ratio and saves two
/// zlib states (300 kB) per connection.
public struct PermessageDeflate: Hashable, Sendable {
    /// Window of the server's compressor: 9…15.
    public var serverWindowBits = 15
    /// Largest window the client will use: 8…15.
    public var clientWindowBits = 15

    /// The first offer that can be met, or `nil` to go on without compression. An offer with unknown,
    /// repeated or invalid parameters is declined, as §7.1 demands, and the next one is tried.
    /// - Parameter extensionsHeader: The values of `Sec-WebSocket-Extensions`, one per field.
    public static func negotiate(_ extensionsHeader: [String]) -> PermessageDeflate? {
        for field in extensionsHeader {
            guard let offers = ExtensionOffer.parse(field) else { continue }
            for offer in offers where offer.name == "permessage-deflate" {
                if let agreed = PermessageDeflate(offer) { return agreed }
            }
        }
        return nil
    }

    /// The value of `Sec-WebSocket-Extensions` in the answer.
    public var responseHeader: String {
        var text = "permessage-deflate; server_no_context_takeover; client_no_context_takeover"
        if serverWindowBits < 15 { text += "; server_max_window_bits=\(serverWindowBits)" }
        if clientWindowBits < 15 { text += "; client_max_window_bits=\(clientWindowBits)" }
        return text
    }

    private init?(_ offer: ExtensionOffer) {
        var seen: Set<String> = []
        for parameter in offer.parameters {
            guard seen.insert(parameter.name).inserted else { return nil }
            switch (parameter.name, parameter.value) {
            case ("server_no_context_takeover", nil), ("client_no_context_takeover", nil):
                break
            case ("server_max_window_bits", let value?):
                // zlib cannot write a raw stream with a window of 256 bytes.
                guard let bits = Self.windowBits(value), bits > 8 else { return nil }
                serverWindowBits = bits
            case ("client_max_window_bits", nil):
                break
            case ("client_max_window_bits", let value?):
                guard let bits = Self.windowBits(value) else { return nil }
                clientWindowBits = bits
            default:
                return nil
            }
        }
    }

    /// "A decimal integer value without leading zeroes between 8 to 15". RFC 7692 §7.1.2.1.
    private static func windowBits(_ text: String) -> Int? { (8...15).first { String($0) == text } }
}

/// One member of `Sec-WebSocket-Extensions`. RFC 6455 §9.1.
struct ExtensionOffer: Hashable {
    var name: String
    var parameters: [Parameter]

    struct Parameter: Hashable {
        var name: String
        var value: String?
    }

    /// The offers in one field; `nil` when it does not follow the grammar.
    static func parse(_ field: String) -> [ExtensionOffer]? {
        var cursor = ExtensionCursor(field)
        var offers: [ExtensionOffer] = []
        repeat {
            guard let name = cursor.token() else { return nil }
            var offer = ExtensionOffer(name: name, parameters: [])
            while cursor.skip(UInt8(ascii: ";")) {
                guard let name = cursor.token() else { return nil }
                var value: String?
                if cursor.skip(UInt8(ascii: "=")) {
                    value = cursor.quoted() ?? cursor.token()
                    guard value != nil else { return nil }
                }
                offer.parameters.append(Parameter(name: name, value: value))
            }
            offers.append(offer)
        } while cursor.skip(UInt8(ascii: ","))
        return cursor.isAtEnd ? offers : nil
    }
}

/// Walks the tokens of one field.
private struct ExtensionCursor {
    private var rest: Substring.UTF8View

    init(_ text: String) { rest = Substring(text).utf8 }

    var isAtEnd: Bool { rest.isEmpty }

    /// Takes `delimiter` and the white space around it.
    mutating func skip(_ delimiter: UInt8) -> Bool {
        skipWhitespace()
        guard rest.first == delimiter else { return false }
        rest.removeFirst()
        skipWhitespace()
        return true
    }

    mutating func token() -> String? {
        skipWhitespace()
        let token = rest.prefix(while: ASCII.isToken)
        guard !token.isEmpty else { return nil }
        rest = rest[token.endIndex...]
        skipWhitespace()
        return String(Substring(token))
    }

    /// A quoted string whose content is a token, the only kind allowed here.
    mutating func quoted() -> String? {
        guard rest.first == UInt8(ascii: "\"") else { return nil }
        var text = rest.dropFirst()
        let token = text.prefix(while: ASCII.isToken)
        text = text[token.endIndex...]
        guard !token.isEmpty, text.first == UInt8(ascii: "\"") else { return nil }
        rest = text.dropFirst()
        skipWhitespace()
        return String(Substring(token))
    }

    private mutating func skipWhitespace() {
        rest = rest.drop(while: ASCII.isWhitespace)
    }
}
