// SPDX-License-Identifier: Apache-2.0
public import JSON

/// The arguments of an event or of an acknowledgement.
///
/// They stay the JSON text they came as until somebody reads them: passing them on copies bytes and
/// builds nothing; keeping one keeps the message it came in. Binary values stand beside them as attachments, and
/// `{"_placeholder":true,"num":i}` says where attachment `i` belongs.
public struct SocketIOArguments: Sendable {
    /// The arguments with a comma between each two, as an array's text holds them.
    let joined: ArraySlice<UInt8>
    /// Where in ``joined`` the arguments are. Empty when there are fewer than two: no argument is the
    /// empty text, so one is all of it.
    private let ranges: [Range<Int>]
    /// What the placeholders stand for, in order. At most 10 travel in one packet.
    public var attachments: [[UInt8]]

    public init() { self.init(checked: [], ranges: []) }

    public init(_ values: [JSONValue], attachments: [[UInt8]] = []) {
        self.init(attachments: attachments, count: values.count) { values[$0].format(into: &$1) }
    }

    public init(texts: [JSONText], attachments: [[UInt8]] = []) {
        if let only = texts.first, texts.count == 1 {
            self.init(checked: only.bytes, ranges: [], attachments: attachments)
        } else {
            self.init(attachments: attachments, count: texts.count) {
                $1.append(contentsOf: texts[$0].bytes)
            }
        }
    }

    private init(attachments: [[UInt8]], count: Int, _ append: (Int, inout [UInt8]) -> Void) {
        var text: [UInt8] = []
        var ranges: [Range<Int>] = []
        for index in 0..<count {
            if index > 0 { text.append(UInt8(ascii: ",")) }
            let start = text.count
            append(index, &text)
            if count > 1 { ranges.append(start..<text.count) }
        }
        self.init(checked: text[...], ranges: ranges, attachments: attachments)
    }

    /// - Parameters:
    ///   - joined: Checked already, from the first byte of the first argument to the last of the last.
    ///   - ranges: Empty for fewer than two arguments.
    init(checked joined: ArraySlice<UInt8>, ranges: [Range<Int>], attachments: [[UInt8]] = []) {
        self.joined = joined
        self.ranges = ranges
        self.attachments = attachments
    }

    /// The arguments as values, built anew each time; placeholders are the objects they look like.
    public var values: [JSONValue] { map(\.value) }
}

extension SocketIOArguments: RandomAccessCollection {
    public var startIndex: Int { 0 }

    public var endIndex: Int { ranges.isEmpty ? (joined.isEmpty ? 0 : 1) : ranges.count }

    public subscript(position: Int) -> JSONText {
        precondition(indices.contains(position), "no such argument")
        return JSONText(checked: ranges.isEmpty ? joined : joined[ranges[position]])
    }
}

/// Equal when the texts of the arguments are, whatever stands between them, and the attachments.
extension SocketIOArguments: Hashable {
    public static func == (a: SocketIOArguments, b: SocketIOArguments) -> Bool {
        a.attachments == b.attachments && (a.joined == b.joined || a.elementsEqual(b))
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(count)
        for text in self { hasher.combine(text) }
        hasher.combine(attachments)
    }
}

extension SocketIOArguments: ExpressibleByArrayLiteral {
    public init(arrayLiteral elements: JSONValue...) { self.init(elements) }
}
