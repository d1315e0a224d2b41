// SPDX-License-Identifier: Apache-2.0
internal import EngineKit
internal import HTTP

/// An answer whose content is written bit by bit, in chunks or, for clients of HTTP/1.0, up to the end
/// of the connection. RFC 9112 §6.3, §7.1. With a `Content-Length` exactly that much must be written.
///
/// Until it is finished the connection carries nothing else.
public final class HTTPResponseStream {
    private weak var stage: HTTPStage?
    private let isChunked: Bool
    /// A HEAD request asked for the fields alone.
    private let hasContent: Bool
    /// Called once when the client goes away before the end.
    public var onAbort: (() -> Void)?
    /// Called whenever the client has taken everything written.
    public var onDrain: (() -> Void)?
    /// Whether more can be written.
    public private(set) var isOpen = true

    init(stage: HTTPStage, isChunked: Bool, hasContent: Bool) {
        self.stage = stage
        self.isChunked = isChunked
        self.hasContent = hasContent
    }

    /// Bytes that the client has not taken yet. Too many and it is cut off.
    public var backlog: Int { isOpen ? stage?.backlog ?? 0 : 0 }

    /// Appends content. Nothing happens once the stream is closed.
    public func write(_ bytes: [UInt8]) {
        // A chunk without bytes would be the end.
        guard isOpen, hasContent, !bytes.isEmpty, let stage else { return }
        guard isChunked else { return stage.write(bytes) }
        var chunk = Array(String(bytes.count, radix: 16).utf8)
        chunk.reserveCapacity(chunk.count + bytes.count + 4)
        chunk.append(contentsOf: "\r\n".utf8)
        chunk.append(contentsOf: bytes)
        chunk.append(contentsOf: "\r\n".utf8)
        stage.write(chunk)
    }

    /// Ends the content; the connection may go on with the next request.
    public func finish() {
        guard isOpen else { return }
        close()
        if isChunked, hasContent { stage?.write(Array("0\r\n\r\n".utf8)) }
        stage?.finishStream()
    }

    /// Cuts the connection, so that the client knows that the content is incomplete.
    public func abort() {
        guard isOpen else { return }
        close()
        stage?.abortStream()
    }

    /// The client is gone.
    func aborted() {
        guard isOpen else { return }
        let onAbort = onAbort
        close()
        onAbort?()
    }

    func drained() { if isOpen { onDrain?() } }

    private func close() {
        isOpen = false
        onAbort = nil
        onDrain = nil
    }
}
