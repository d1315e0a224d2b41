// SPDX-License-Identifier: Apache-2.0
internal import ByteCoding
internal import EngineKit
internal import EventLoops
public import ServerConfig
public import SystemCalls
public import TLS
public import Telemetry

/// Tells other programs what happens in meetings: each receiver on a thread of its own, so that a slow one keeps
/// nobody waiting.
public final class WebhookSender: Sendable {
    private let receivers: [LoopBound<Receiver>]
    private let loops: [EventLoop]
    private let boards: [WebhookBoard]

    /// - Throws: what the system has against another thread.
    public init(
        _ config: ServerConfig.Webhooks, key: WebhookKey, tls: TLSContext, log: Log
    ) throws(SystemCallError) {
        var loops: [EventLoop] = []
        var receivers: [LoopBound<Receiver>] = []
        var boards: [WebhookBoard] = []
        for url in config.urls {
            let loop = try EventLoop.start(name: "parley-webhooks")
            let request = WebhookRequest(url: url, reachesPrivate: config.reachesPrivate, tls: tls)
            let board = WebhookBoard(address: String(url.settingText.prefix { $0 != "?" }))
            let receiver = Receiver(request, key, on: loop, log, board)
            loops.append(loop)
            boards.append(board)
            receivers.append(LoopBound(receiver, on: loop))
        }
        self.loops = loops
        self.receivers = receivers
        self.boards = boards
    }

    /// How each receiver does, in the order of the setting.
    public var reports: [WebhookReport] { boards.map(\.current) }

    /// Tells every receiver, in the order of the calls as far as they take it at once.
    public func send(_ event: WebhookEvent) {
        var random = SystemRandomSource()
        let id = "msg_" + Base64.urlText(random.nextBytes(15))
        let body = event.body
        for receiver in receivers { receiver.execute { $0.add(id, body) } }
    }

    public func stop() {
        for loop in loops { loop.stop() }
    }
}

/// One receiver. Lives on a loop where it may wait.
private final class Receiver {
    private let request: WebhookRequest
    private let key: WebhookKey
    private let loop: EventLoop
    private let log: Log
    private let board: WebhookBoard
    private var queue = WebhookQueue()
    private var timer: LoopTimer?
    /// Told once, not at every attempt.
    private var isFailing = false

    init(
        _ request: WebhookRequest, _ key: WebhookKey, on loop: EventLoop, _ log: Log, _ board: WebhookBoard
    ) {
        self.request = request
        self.key = key
        self.loop = loop
        self.log = log
        self.board = board
    }

    func add(_ id: String, _ body: [UInt8]) {
        queue.add(id: id, body: body, at: .monotonic())
        wake()
    }

    private func wake() {
        if timer == nil { timer = LoopTimer(on: loop) { [unowned self] in deliver() } }
        timer?.arm(at: queue.deadline)
        let pause = queue.deadline.map { max(.zero, Instant.monotonic().duration(to: $0)) }
        let next = pause.map { WallClock.system().milliseconds + Int64($0 / .milliseconds(1)) }
        board.note { report in
            report.waiting = queue.deliveries.count
            report.nextTryAt = next
            report.dropped = queue.dropped
            report.isClosed = queue.isClosed
        }
    }

    /// One at a time: what comes meanwhile gets its turn.
    private func deliver() {
        if let delivery = queue.next(at: .monotonic()) {
            let dropped = queue.dropped
            queue.finish(delivery.id, attempt(delivery), at: .monotonic())
            if queue.dropped > dropped {
                log.error("webhook given up", [("receiver", .text(request.url.host))])
            }
        }
        wake()
    }

    private func attempt(_ delivery: WebhookQueue.Delivery) -> WebhookQueue.Outcome {
        let seconds = WallClock.system().milliseconds / 1000
        let headers = [
            ("User-Agent", "Parley"), ("webhook-id", delivery.id), ("webhook-timestamp", "\(seconds)"),
            (
                "webhook-signature", key.signature(id: delivery.id, seconds: seconds, body: delivery.body)
            ),
        ]
        let status: Int
        do throws(WebhookRequest.Failure) {
            status = try request.post(delivery.body, headers)
        } catch {
            fail(error.reason)
            return .failed
        }
        switch status {
        case 200...299:
            if isFailing { log.info("webhooks are taken again", [("receiver", .text(request.url.host))]) }
            isFailing = false
            board.note { $0.takenAt = WallClock.system().milliseconds }
            return .taken
        case 410:
            log.warning("webhooks are not wanted any more", [("receiver", .text(request.url.host))])
            return .gone
        default:
            fail("it answers with status \(status)")
            return .failed
        }
    }

    private func fail(_ reason: String) {
        if !isFailing {
            log.warning(
                "webhooks are not taken", [("receiver", .text(request.url.host)), ("why", .text(reason))])
        }
        isFailing = true
        board.note { report in
            report.failedAt = WallClock.system().milliseconds
            report.reason = reason
        }
    }
}
