// SPDX-License-Identifier: Apache-2.0
public import EngineKit

/// One direction of a path in virtual time: a bottleneck with a queue, then delay, jitter, loss and reordering.
///
/// Several flows share it by telling each other apart in `Payload`. The same seed gives the same run. Call
/// ``receive(at:)`` as often as packets should be seen; each comes with the exact time of its arrival.
public struct VirtualLink<Payload> {
    /// What the path does besides its capacity.
    public struct Conditions: Sendable {
        public var delay = Duration.milliseconds(50)
        /// The most that a full queue delays at the present capacity; what comes then is dropped.
        public var queue = Duration.milliseconds(300)
        /// Each packet is later by up to this; packets stay in order.
        public var jitter = Duration.zero
        /// The share of packets lost at random, 0 to 1.
        public var loss = 0.0
        /// The share of packets that others overtake, and by how much they come later.
        public var reordering = 0.0
        public var overtaken = Duration.milliseconds(10)
        /// The share of packets that arrive twice.
        public var duplication = 0.0

        public init() {}
    }

    /// What became of the packets so far.
    public struct Counts: Hashable, Sendable {
        public var sent = 0
        public var delivered = 0
        public var deliveredBytes = 0
        /// Lost at random.
        public var lost = 0
        /// The queue was full.
        public var dropped = 0
        /// While the link was down.
        public var vanished = 0
    }

    public var conditions: Conditions
    /// While false, nothing gets through.
    public var isUp = true
    public private(set) var counts = Counts()
    /// In bit/s; `nil` for no bottleneck.
    public private(set) var capacity: Int?

    private struct Waiting {
        var payload: Payload
        var size: Int
        var enteredAt: Instant
    }

    private struct Travelling {
        var payload: Payload
        var size: Int
        var arrival: Instant
    }

    private var queue = Queue<Waiting>()
    private var queuedBytes = 0
    /// Bits of the first packet in the queue that are not through yet.
    private var headBits = 0.0
    private var clock = Instant.origin
    /// In order of arrival.
    private var travelling: [Travelling] = []
    private var lastArrival = Instant.origin
    private var random: SeededRandomSource

    public init(capacity: Int?, seed: UInt64 = 1, _ conditions: Conditions = Conditions()) {
        self.capacity = capacity
        self.conditions = conditions
        random = SeededRandomSource(seed: seed)
    }

    /// How long a packet that came now would wait.
    public var queueDelay: Duration {
        guard let capacity, capacity > 0, !queue.isEmpty else { return .zero }
        let bits = Double(8 * (queuedBytes - (queue.first?.size ?? 0))) + headBits
        return .nanoseconds(Int64(bits / Double(capacity) * 1e9))
    }

    /// Changes the bottleneck; what waits in it leaves at the new rate.
    public mutating func setCapacity(_ capacity: Int?, at now: Instant) {
        advance(to: now)
        self.capacity = capacity
        if capacity == nil { while let head = queue.popFirst() { depart(head, at: now) } }
        if capacity == nil { queuedBytes = 0 }
    }

    /// Sends a packet of `size` bytes.
    public mutating func send(_ payload: Payload, size: Int, at now: Instant) {
        advance(to: now)
        counts.sent += 1
        guard isUp else {
            counts.vanished += 1
            return
        }
        let packet = Waiting(payload: payload, size: size, enteredAt: now)
        guard capacity != nil else { return depart(packet, at: now) }
        guard queueDelay <= conditions.queue else {
            counts.dropped += 1
            return
        }
        if queue.isEmpty { headBits = Double(8 * size) }
        queue.append(packet)
        queuedBytes += size
    }

    /// The oldest packet that has arrived by `now`.
    public mutating func receive(at now: Instant) -> (payload: Payload, at: Instant)? {
        advance(to: now)
        guard let first = travelling.first, first.arrival <= now else { return nil }
        travelling.removeFirst()
        counts.delivered += 1
        counts.deliveredBytes += first.size
        return (first.payload, first.arrival)
    }

    private mutating func advance(to now: Instant) {
        while let head = queue.first, let capacity, capacity > 0 {
            let needed = Int64((headBits / Double(capacity) * 1e9).rounded(.up))
            let through = Instant(nanoseconds: clock.nanoseconds + needed)
            guard through <= now else {
                headBits -= Double(capacity) * Double(now.nanoseconds - clock.nanoseconds) / 1e9
                break
            }
            clock = through
            queuedBytes -= head.size
            _ = queue.popFirst()
            headBits = Double(8 * (queue.first?.size ?? 0))
            depart(head, at: through)
        }
        clock = max(clock, now)
    }

    private mutating func depart(_ packet: Waiting, at time: Instant) {
        guard isUp else {
            counts.vanished += 1
            return
        }
        guard chance() >= conditions.loss else {
            counts.lost += 1
            return
        }
        var arrival = time.advanced(by: conditions.delay)
        arrival = arrival.advanced(by: .nanoseconds(Int64(chance() * Double(conditions.jitter.nanoseconds))))
        if conditions.reordering > 0, chance() < conditions.reordering {
            insert(packet, arrival: arrival.advanced(by: conditions.overtaken))
        } else {
            lastArrival = max(lastArrival, arrival)
            insert(packet, arrival: lastArrival)
        }
        if conditions.duplication > 0, chance() < conditions.duplication {
            insert(packet, arrival: lastArrival)
        }
    }

    private mutating func insert(_ packet: Waiting, arrival: Instant) {
        var place = travelling.count
        while place > 0, travelling[place - 1].arrival > arrival { place -= 1 }
        travelling.insert(
            Travelling(payload: packet.payload, size: packet.size, arrival: arrival), at: place)
    }

    /// Evenly from 0 up to 1.
    private mutating func chance() -> Double {
        var bits: UInt64 = 0
        for byte in random.nextBytes(7) { bits = bits << 8 | UInt64(byte) }
        return Double(bits >> 3) / Double(1 << 53)
    }
}
