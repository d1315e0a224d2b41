// SPDX-License-Identifier: Apache-2.0

/// `a=ssrc`: something about one stream of packets. RFC 5576 §4.1.
public struct SDPSource: Hashable, Sendable, CustomStringConvertible {
    public var ssrc: UInt32
    /// `cname`, `msid`
    public var attribute: String
    public var value: String?

    public init(_ ssrc: UInt32, _ attribute: String, _ value: String? = nil) {
        self.ssrc = ssrc
        self.attribute = attribute
        self.value = value
    }

    init?(parsing value: ArraySlice<UInt8>) {
        var scanner = SDPScanner(value)
        guard let ssrc = scanner.number(upTo: Int(UInt32.max)) else { return nil }
        var rest = SDPScanner(scanner.rest)
        let name = rest.field(before: SDPText.colon)
        guard SDPText.isToken(name) else { return nil }
        self.init(
            UInt32(truncatingIfNeeded: ssrc), SDPText.string(name),
            name.endIndex < scanner.rest.endIndex ? SDPText.string(rest.rest) : nil)
    }

    public var description: String {
        guard let value else { return "\(ssrc) \(attribute)" }
        return "\(ssrc) \(attribute):\(value)"
    }
}

/// `a=ssrc-group`: streams of packets that belong together. RFC 5576 §4.2.
public struct SDPSourceGroup: Hashable, Sendable, CustomStringConvertible {
    /// `FID` for a stream and its retransmissions, `SIM` for layers.
    public var semantics: String
    public var ssrcs: [UInt32]

    public init(_ semantics: String, _ ssrcs: [UInt32]) {
        self.semantics = semantics
        self.ssrcs = ssrcs
    }

    init?(parsing value: ArraySlice<UInt8>) {
        var scanner = SDPScanner(value)
        guard let semantics = scanner.word(), SDPText.isToken(semantics) else { return nil }
        self.init(SDPText.string(semantics), [])
        while let word = scanner.word() {
            guard let ssrc = SDPText.number(word, upTo: Int(UInt32.max)), ssrcs.count < 64 else { return nil }
            ssrcs.append(UInt32(truncatingIfNeeded: ssrc))
        }
    }

    public var description: String {
        ([semantics] + ssrcs.map { "\($0)" }).joined(separator: " ")
    }
}

/// `a=msid`: the stream and the track that a section carries. RFC 8830 §2.
public struct SDPMediaStream: Hashable, Sendable, CustomStringConvertible {
    /// `-` for a track without stream.
    public var stream: String
    public var track: String?

    public init(_ stream: String, track: String? = nil) {
        self.stream = stream
        self.track = track
    }

    init?(parsing value: ArraySlice<UInt8>) {
        var scanner = SDPScanner(value)
        guard let stream = scanner.wordText() else { return nil }
        self.init(stream, track: scanner.wordText())
    }

    public var description: String {
        guard let track else { return stream }
        return stream + " " + track
    }
}

/// `a=rid`: one layer of a track. RFC 8851 §4.
public struct SDPRID: Hashable, Sendable, CustomStringConvertible {
    public enum Direction: String, Hashable, Sendable { case send, recv }

    public var id: String
    public var direction: Direction
    /// As they came: `pt=96;max-width=640`.
    public var restrictions: String

    public init(_ id: String, _ direction: Direction, restrictions: String = "") {
        self.id = id
        self.direction = direction
        self.restrictions = restrictions
    }

    init?(parsing value: ArraySlice<UInt8>) {
        var scanner = SDPScanner(value)
        guard let id = scanner.word(), Self.isID(id), let word = scanner.wordText(),
            let direction = Direction(rawValue: word)
        else { return nil }
        self.init(SDPText.string(id), direction, restrictions: scanner.remainder())
    }

    /// Letters and digits; erratum 7132 took `-` and `_` away, which senders still write.
    static func isID(_ bytes: ArraySlice<UInt8>) -> Bool {
        !bytes.isEmpty && bytes.count <= 255
            && bytes.allSatisfy {
                switch $0 {
                case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x5F: true
                default: false
                }
            }
    }

    public var description: String {
        let text = "\(id) \(direction.rawValue)"
        return restrictions.isEmpty ? text : text + " " + restrictions
    }
}

/// `a=simulcast`: the layers of a track, in order. RFC 8853 §5.1.
public struct SDPSimulcast: Hashable, Sendable, CustomStringConvertible {
    public struct Layer: Hashable, Sendable {
        public var rid: String
        /// Not sent at first.
        public var isPaused: Bool

        public init(_ rid: String, isPaused: Bool = false) {
            self.rid = rid
            self.isPaused = isPaused
        }
    }

    /// Each entry is a list of layers of which one is chosen; nearly always one.
    public var send: [[Layer]]
    public var receive: [[Layer]]

    public init(send: [[Layer]] = [], receive: [[Layer]] = []) {
        self.send = send
        self.receive = receive
    }

    init?(parsing value: ArraySlice<UInt8>) {
        self.init()
        var scanner = SDPScanner(value)
        guard let first = scanner.wordText() else { return nil }
        // The draft's form, which older senders write, begins the list with `rid=`.
        guard let list = scanner.word(), take(list, for: first) else { return nil }
        if let second = scanner.wordText() {
            guard second != first, let list = scanner.word(), take(list, for: second) else { return nil }
        }
    }

    private mutating func take(_ list: ArraySlice<UInt8>, for direction: String) -> Bool {
        guard let layers = Self.layers(list) else { return false }
        switch direction {
        case "send": send = layers
        case "recv": receive = layers
        default: return false
        }
        return true
    }

    private static func layers(_ list: ArraySlice<UInt8>) -> [[Layer]]? {
        var scanner = SDPScanner(list.starts(with: "rid=".utf8) ? list.dropFirst(4) : list)
        var streams: [[Layer]] = []
        while !scanner.isAtEnd {
            var choices = SDPScanner(scanner.field(before: SDPText.semicolon))
            var stream: [Layer] = []
            while !choices.isAtEnd {
                var layer = SDPScanner(choices.field(before: SDPText.comma))
                let isPaused = layer.take(UInt8(ascii: "~"))
                guard SDPRID.isID(layer.rest) else { return nil }
                stream.append(Layer(SDPText.string(layer.rest), isPaused: isPaused))
            }
            guard !stream.isEmpty, streams.count < 16, stream.count <= 16 else { return nil }
            streams.append(stream)
        }
        return streams.isEmpty ? nil : streams
    }

    public var description: String {
        var parts: [String] = []
        if !send.isEmpty { parts.append("send " + Self.text(send)) }
        if !receive.isEmpty { parts.append("recv " + Self.text(receive)) }
        return parts.joined(separator: " ")
    }

    private static func text(_ streams: [[Layer]]) -> String {
        streams.map { stream in
            stream.map { ($0.isPaused ? "~" : "") + $0.rid }.joined(separator: ",")
        }.joined(separator: ";")
    }
}
