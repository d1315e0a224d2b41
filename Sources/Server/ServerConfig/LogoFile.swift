// SPDX-License-Identifier: Apache-2.0

/// An operator's logo, judged by its bytes and not by its name.
public struct LogoFile: Hashable, Sendable {
    public enum Kind: String, Hashable, Sendable { case svg, png }

    /// Why the bytes are no logo: one clause.
    public struct Refusal: Error, Hashable, Sendable {
        public let reason: String
    }

    /// Every page loads it.
    public static let maxBytes = 250_000
    /// Pixels of a side: small enough to show it, large enough to see something.
    static let sides = 16...4096
    private static let pngSignature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]

    public let kind: Kind
    public let bytes: [UInt8]
    /// Of a PNG, in pixels.
    public let width: Int?
    public let height: Int?

    public init(_ bytes: [UInt8]) throws(Refusal) {
        guard !bytes.isEmpty else { throw Refusal(reason: "this file is empty") }
        guard bytes.count <= Self.maxBytes else {
            throw Refusal(
                reason: "\(bytes.count / 1000) kB are too much; a logo may have \(Self.maxBytes / 1000) kB")
        }
        self.bytes = bytes
        if bytes.starts(with: Self.pngSignature) {
            kind = .png
            let size = try Self.size(ofPNG: bytes)
            (width, height) = (size.width, size.height)
        } else if let text = String(validating: bytes, as: UTF8.self), Self.isSVG(text) {
            guard !text.contains("<!ENTITY") else {
                throw Refusal(reason: "this SVG declares entities, which no picture needs")
            }
            kind = .svg
            (width, height) = (nil, nil)
        } else {
            throw Refusal(reason: "this is neither an SVG nor a PNG file")
        }
    }

    /// The first chunk has the size, and the last one is there. W3C PNG §5.3, §11.2.1
    private static func size(ofPNG bytes: [UInt8]) throws(Refusal) -> (width: Int, height: Int) {
        let end: [UInt8] = [0, 0, 0, 0, 0x49, 0x45, 0x4E, 0x44, 0xAE, 0x42, 0x60, 0x82]
        guard bytes.count >= 45, bytes[12..<16].elementsEqual("IHDR".utf8),
            bytes.suffix(12).elementsEqual(end)
        else { throw Refusal(reason: "this PNG file is damaged or cut off") }
        func number(_ start: Int) -> Int { bytes[start..<start + 4].reduce(0) { $0 << 8 | Int($1) } }
        let (width, height) = (number(16), number(20))
        guard sides.contains(width), sides.contains(height) else {
            throw Refusal(
                reason: """
                    \(width) × \(height) pixels; each side of a logo has \(sides.lowerBound) to \(sides.upperBound)
                    """)
        }
        return (width, height)
    }

    /// Whether the first element is `svg`, with the name of its vocabulary, without which browsers show nothing.
    private static func isSVG(_ text: String) -> Bool {
        var rest = Substring(text)
        if rest.first == "\u{FEFF}" { rest.removeFirst() }
        while true {
            rest = rest.drop { $0.isWhitespace }
            if rest.hasPrefix("<svg") { break }
            let closing: String
            if rest.hasPrefix("<?") {
                closing = "?>"
            } else if rest.hasPrefix("<!--") {
                closing = "-->"
            } else if rest.hasPrefix("<!DOCTYPE svg") {
                closing = ">"
            } else {
                return false
            }
            guard let end = rest.firstRange(of: closing) else { return false }
            rest = rest[end.upperBound...]
        }
        let root = rest.prefix { $0 != ">" }
        let isClosed = root.last == "/" || rest.contains("</svg>")
        return root.contains("http://www.w3.org/2000/svg") && isClosed
    }
}
