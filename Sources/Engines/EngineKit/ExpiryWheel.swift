// SPDX-License-Identifier: Apache-2.0

/// Where something hangs in an ``ExpiryWheel``.
public struct WheelLink: BitwiseCopyable {
    @usableFromInline var next = endOfList
    @usableFromInline var previous = endOfList
    /// ``ExpiryWheel/size`` for nowhere.
    @usableFromInline var bucket: UInt8 = 64

    @inlinable
    public init() {}

    @inlinable
    init(next: UInt32, bucket: UInt8) {
        self.next = next
        self.bucket = bucket
    }
}

/// What an ``ExpiryWheel`` looks at: one place of an array.
public protocol WheelMember: BitwiseCopyable {
    var wheel: WheelLink { get set }
}

/// Says when to look at each member: when something of it may have ended, and every 60 ticks at least.
///
/// 64 buckets of one tick each, of a second unless told otherwise: lists through the members themselves, and a bit for each bucket that is not
/// empty. A lifetime that is prolonged is not moved; the wheel finds out when it gets there.
public struct ExpiryWheel {
    @inlinable static var size: Int { 64 }
    /// The longest time until a visit, in nanoseconds.
    @inlinable var longest: Int64 { 60 &* tick }

    @usableFromInline var heads = InlineArray<64, UInt32>(repeating: endOfList)
    @usableFromInline var used: UInt64 = 0
    /// The tick whose bucket was emptied last.
    @usableFromInline var second: Int64 = 0
    /// Nanoseconds of a tick.
    @usableFromInline let tick: Int64

    public init(tick: Duration = .seconds(1)) { self.tick = max(tick.nanoseconds, 1) }

    /// When the next bucket is due.
    public var deadline: Instant? {
        guard used != 0 else { return nil }
        let start = Int((second + 1) & 63)
        let turned = start == 0 ? used : used >> UInt64(start) | used << UInt64(64 - start)
        return Instant(nanoseconds: (second + 1 + Int64(turned.trailingZeroBitCount)) * tick)
    }

    /// Hangs a slot in, to be looked at when `instant` has come.
    @inlinable
    public mutating func insert<Member: WheelMember>(
        _ slot: UInt32, at instant: Instant, now: Instant, slots: inout ContiguousArray<Member>
    ) {
        let limit = min(instant.nanoseconds, now.nanoseconds + longest)
        // Rounded up, and never into the bucket that is being emptied.
        let due = max((limit + tick - 1) / tick, second + 1)
        let bucket = Int(min(due, second + 63) & 63)
        let next = heads[bucket]
        slots[Int(slot)].wheel = WheelLink(next: next, bucket: UInt8(bucket))
        if next != endOfList { slots[Int(next)].wheel.previous = slot }
        heads[bucket] = slot
        used |= 1 << UInt64(bucket)
    }

    /// Takes a slot out, wherever it hangs.
    @inlinable
    public mutating func remove<Member: WheelMember>(_ slot: UInt32, slots: inout ContiguousArray<Member>) {
        let link = slots[Int(slot)].wheel
        guard link.bucket < Self.size else { return }
        if link.next != endOfList { slots[Int(link.next)].wheel.previous = link.previous }
        if link.previous != endOfList {
            slots[Int(link.previous)].wheel.next = link.next
        } else {
            heads[Int(link.bucket)] = link.next
            if link.next == endOfList { used &= ~(1 << UInt64(link.bucket)) }
        }
        slots[Int(slot)].wheel = WheelLink()
    }

    /// The next slot that is due, taken out; `nil` when all until `now` are.
    @inlinable
    public mutating func popDue<Member: WheelMember>(
        at now: Instant, slots: inout ContiguousArray<Member>
    ) -> UInt32? {
        let current = now.nanoseconds / tick
        // After a longer sleep than the wheel is round, each bucket is due once.
        second = max(second, current - Int64(Self.size))
        while second < current {
            let bucket = Int((second + 1) & 63)
            if heads[bucket] != endOfList {
                let slot = heads[bucket]
                remove(slot, slots: &slots)
                return slot
            }
            guard used != 0 else {
                second = current
                return nil
            }
            second += 1
        }
        return nil
    }
}
