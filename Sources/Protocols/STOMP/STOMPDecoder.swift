// SPDX-License-Identifier: Apache-2.0
public import ByteCoding

/// Finds the frames in the bytes of one connection, whatever pieces those come in.
///
/// Over WebSocket a frame may be spread over several messages, as `stomp.js` does with large ones, and
/// one message may hold several frames: the decoder sees one stream. The line ends between frames,
/// which are heart-beats, are skipped.
///
/// Its errors count bytes from the first byte of the connection. After one, nothing more is decoded.
public struct STOMPDecoder: Sendable {
    public struct Limits: Hashable, Sendable {
        /// Most header entries of a frame.
        public var maxHeaders = 64
        /// Most bytes of command and header lines together.
        public var maxHead = 16_384
        /// Most bytes of a body.
        public var maxBody = 1_000_000

        public init() {}
    }

    /// What is known of the frame that is arriving.
    private enum Phase {
        case command
        case headers(STOMPFrame.Command)
        /// - Parameter length: `nil` when the first NUL ends the body.
        case body(STOMPFrame.Command, length: Int?)
    }

    /// Longer than any command there is.
    private static let maxCommand = 12

    /// What the two sides agreed on; `nil` until then, when only frames that open a connection make
    /// sense. Counts from the next frame on.
    public var version: STOMPVersion?
    private let limits: Limits
    private var buffer: [UInt8] = []
    /// Bytes of the connection that came before `buffer`.
    private var discarded = 0
    private var phase = Phase.command
    private var frameStart = 0
    /// Where the line or body that is arriving starts, in `buffer`.
    private var position = 0
    /// How far the end of that line or body has been looked for.
    private var scanned = 0
    private var headers = STOMPHeaders()
    private var headerCount = 0
    private var contentLength: Int?
    private var failure: DecodeError?

    public init(limits: Limits = Limits()) { self.limits = limits }

    /// Bytes that are kept because no frame has used them yet.
    public var bufferedBytes: Int { buffer.count - frameStart }

    public mutating func append(_ bytes: [UInt8]) {
        guard failure == nil else { return }
        if frameStart > 0 {
            buffer.removeFirst(frameStart)
            discarded += frameStart
            position -= frameStart
            scanned -= frameStart
            frameStart = 0
        }
        buffer.append(contentsOf: bytes)
    }

    /// Removes and returns the next frame; `nil` when more bytes are needed.
    public mutating func next() throws(DecodeError) -> STOMPFrame? {
        if let failure { throw failure }
        do throws(DecodeError) {
            while true {
                switch phase {
                case .command:
                    skipLineEnds()
                    guard let line = try nextLine(limit: Self.maxCommand, "STOMP command") else { return nil }
                    phase = .headers(try command(line))
                case .headers(let command):
                    let left = limits.maxHead - (position - frameStart)
                    guard let line = try nextLine(limit: max(left, 0), "STOMP header") else { return nil }
                    if line.isEmpty {
                        phase = .body(command, length: try bodyLength(command))
                    } else {
                        try header(line, HeaderEscaping(version: version, command: command))
                    }
                case .body(let command, let length):
                    return try body(command, length: length)
                }
            }
        } catch {
            failure = error
            buffer = []
            frameStart = 0
            throw error
        }
    }

    private func failure(_ reason: DecodeError.Reason, _ field: String, at index: Int) -> DecodeError {
        DecodeError(reason, field, at: discarded + index)
    }

    // MARK: Lines

    private mutating func skipLineEnds() {
        while position < buffer.count {
            if buffer[position] == HeaderEscaping.lineFeed {
                position += 1
            } else if HeaderEscaping.endsLinesWithCarriageReturn(version),
                buffer[position...].starts(with: "\r\n".utf8)
            {
                position += 2
            } else {
                break
            }
        }
        frameStart = position
        scanned = max(scanned, position)
    }

    /// The range of the next line without its end; `nil` when that has not arrived.
    /// - Parameter limit: Most bytes the line may have, its end not counted.
    private mutating func nextLine(limit: Int, _ field: String) throws(DecodeError) -> Range<Int>? {
        let end = buffer[scanned...].firstIndex(of: HeaderEscaping.lineFeed)
        scanned = end ?? buffer.count
        let start = position
        // A carriage return may still turn out to belong to the line's end.
        guard scanned - start <= limit + 1 else { throw failure(.tooLarge, field, at: start) }
        guard let end else { return nil }
        position = end + 1
        scanned = position
        let hasCarriageReturn =
            HeaderEscaping.endsLinesWithCarriageReturn(version) && end > start
            && buffer[end - 1] == HeaderEscaping.carriageReturn
        let line = start..<(hasCarriageReturn ? end - 1 : end)
        guard line.count <= limit else { throw failure(.tooLarge, field, at: start) }
        return line
    }

    private func command(_ line: Range<Int>) throws(DecodeError) -> STOMPFrame.Command {
        let letters = buffer[line]
        guard !letters.isEmpty, letters.allSatisfy({ UInt8(ascii: "A")...UInt8(ascii: "Z") ~= $0 }) else {
            throw failure(.invalid, "STOMP command", at: line.lowerBound)
        }
        return STOMPFrame.Command(rawValue: String(decoding: letters, as: UTF8.self))
    }

    private mutating func header(
        _ line: Range<Int>, _ escaping: HeaderEscaping
    ) throws(DecodeError) {
        guard headerCount < limits.maxHeaders else {
            throw failure(.tooLarge, "STOMP header count", at: line.lowerBound)
        }
        headerCount += 1
        // Values with a bare colon break the grammar, and are what most clients send in CONNECT and
        // many elsewhere; there is only one way to read them.
        guard let colon = buffer[line].firstIndex(of: HeaderEscaping.colon), colon > line.lowerBound else {
            throw failure(.invalid, "STOMP header", at: line.lowerBound)
        }
        guard let name = escaping.text(of: buffer[line.lowerBound..<colon]), !name.isEmpty,
            let value = escaping.text(of: buffer[(colon + 1)..<line.upperBound])
        else { throw failure(.invalid, "STOMP header", at: line.lowerBound) }
        guard name == "content-length" else { return headers.append(name, value) }
        guard contentLength == nil else { return }
        contentLength = try length(value, at: colon + 1)
    }

    private func length(_ text: String, at index: Int) throws(DecodeError) -> Int {
        guard !text.isEmpty, text.utf8.allSatisfy({ UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }) else {
            throw failure(.invalid, "STOMP content-length", at: index)
        }
        guard let length = Int(text), length <= limits.maxBody else {
            throw failure(.tooLarge, "STOMP content-length", at: index)
        }
        return length
    }

    // MARK: Bodies

    private func bodyLength(_ command: STOMPFrame.Command) throws(DecodeError) -> Int? {
        guard !command.mayHaveBody else { return contentLength }
        guard contentLength ?? 0 == 0 else { throw failure(.invalid, "STOMP body", at: position) }
        return 0
    }

    private mutating func body(
        _ command: STOMPFrame.Command, length: Int?
    ) throws(DecodeError) -> STOMPFrame? {
        let end: Int
        if let length {
            end = position + length
            guard end < buffer.count else { return nil }
            guard buffer[end] == 0 else {
                throw failure(.invalid, command.mayHaveBody ? "STOMP frame end" : "STOMP body", at: end)
            }
        } else {
            let found = buffer[scanned...].firstIndex(of: 0)
            scanned = found ?? buffer.count
            guard scanned - position <= limits.maxBody else {
                throw failure(.tooLarge, "STOMP body", at: position)
            }
            guard let found else { return nil }
            end = found
        }
        let frame = STOMPFrame(command, headers: headers, body: Array(buffer[position..<end]))
        headers = STOMPHeaders()
        headerCount = 0
        contentLength = nil
        phase = .command
        position = end + 1
        frameStart = position
        scanned = position
        return frame
    }
}
