// SPDX-License-Identifier: Apache-2.0

/// `a=group`: sections that belong together. RFC 5888 §5, RFC 9143.
public struct SDPGroup: Hashable, Sendable, CustomStringConvertible {
    /// `BUNDLE`
    public var semantics: String
    public var mids: [String]

    public init(_ semantics: String, _ mids: [String]) {
        self.semantics = semantics
        self.mids = mids
    }

    init?(parsing value: ArraySlice<UInt8>) {
        var scanner = SDPScanner(value)
        guard let semantics = scanner.word(), SDPText.isToken(semantics) else { return nil }
        self.init(SDPText.string(semantics), [])
        while let mid = scanner.wordText() { mids.append(mid) }
    }

    public var description: String { ([semantics] + mids).joined(separator: " ") }
}

/// `a=setup`: who begins the DTLS handshake. RFC 8842 §5.
public enum SDPSetup: String, Hashable, Sendable, CaseIterable {
    case active, passive, actpass, holdconn
}

/// `a=fingerprint`: the hash of a certificate. RFC 8122 §5.
public struct SDPFingerprint: Hashable, Sendable, CustomStringConvertible {
    /// In lower case: `sha-256`.
    public var algorithm: String
    public var bytes: [UInt8]

    public init(_ algorithm: String, _ bytes: [UInt8]) {
        self.algorithm = algorithm
        self.bytes = bytes
    }

    init?(parsing value: ArraySlice<UInt8>) {
        var scanner = SDPScanner(value)
        guard let algorithm = scanner.word(), SDPText.isToken(algorithm), var digits = scanner.word(),
            scanner.word() == nil, digits.count <= 191
        else { return nil }
        self.init(SDPText.string(algorithm).lowercased(), [])
        while !digits.isEmpty {
            guard digits.count >= 2, let high = Self.digit(digits[digits.startIndex]),
                let low = Self.digit(digits[digits.startIndex + 1])
            else { return nil }
            bytes.append(high << 4 | low)
            digits = digits.dropFirst(2)
            guard !digits.isEmpty else { break }
            guard digits.first == SDPText.colon, digits.count > 1 else { return nil }
            digits = digits.dropFirst()
        }
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x30...0x39: byte - 0x30
        case 0x41...0x46: byte - 0x41 + 10
        case 0x61...0x66: byte - 0x61 + 10
        default: nil
        }
    }

    public var description: String {
        let digits = Array("0123456789ABCDEF".utf8)
        var text: [UInt8] = []
        for (index, byte) in bytes.enumerated() {
            if index > 0 { text.append(SDPText.colon) }
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 15)])
        }
        return algorithm + " " + String(decoding: text, as: UTF8.self)
    }
}

/// `a=candidate`: an address where somebody may be reached. RFC 8839 §5.1, RFC 6544 §4.5.
public struct SDPCandidate: Hashable, Sendable, CustomStringConvertible {
    public var foundation: String
    /// 1 for RTP, and for everything where RTCP has no port of its own.
    public var component: Int
    /// In lower case: `udp`, `tcp`.
    public var transport: String
    public var priority: UInt32
    /// An address, or a name that only its maker's network knows (`….local`). Not looked at here.
    public var address: String
    public var port: UInt16
    /// `host`, `srflx`, `prflx`, `relay`.
    public var type: String
    /// Names and values behind the type, as they came: `raddr 0.0.0.0 rport 0 generation 0`.
    public var extensions: String

    public init(
        foundation: String, component: Int = 1, transport: String = "udp", priority: UInt32,
        address: String, port: UInt16, type: String = "host", extensions: String = ""
    ) {
        self.foundation = foundation
        self.component = component
        self.transport = transport
        self.priority = priority
        self.address = address
        self.port = port
        self.type = type
        self.extensions = extensions
    }

    init?(parsing value: ArraySlice<UInt8>) {
        var scanner = SDPScanner(value)
        guard let foundation = scanner.word(), foundation.count <= 64,
            let component = scanner.number(upTo: 256), component > 0,
            let transport = scanner.word(), SDPText.isToken(transport),
            let priority = scanner.number(upTo: Int(UInt32.max)), let address = scanner.word(),
            address.count <= 255,
            let port = scanner.number(upTo: 65_535), let label = scanner.wordText(), label == "typ",
            let type = scanner.word(), SDPText.isToken(type)
        else { return nil }
        self.init(
            foundation: SDPText.string(foundation), component: component,
            transport: SDPText.string(transport).lowercased(), priority: UInt32(truncatingIfNeeded: priority),
            address: SDPText.string(address), port: UInt16(truncatingIfNeeded: port),
            type: SDPText.string(type), extensions: scanner.remainder())
    }

    public var description: String {
        let text = "\(foundation) \(component) \(transport) \(priority) \(address) \(port) typ \(type)"
        return extensions.isEmpty ? text : text + " " + extensions
    }
}
