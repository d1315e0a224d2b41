// SPDX-License-Identifier: Apache-2.0
internal import RTP

/// The identifiers of what is written into a slot's packets; 0 for what is not.
struct SlotExtensions: BitwiseCopyable {
    var transportSequence: UInt8 = 0
    var absoluteSendTime: UInt8 = 0
    var audioLevel: UInt8 = 0
    var videoOrientation: UInt8 = 0
    var playoutDelay: UInt8 = 0
    var dependencyDescriptor: UInt8 = 0
    /// Some identifier needs the long form. RFC 8285 §4.3.
    var isLong = false
    /// Packets are sent again as they were.
    var repeatsInPlace = false

    init() {}

    /// - Parameter repeatsInPlace: Packets are sent again as they were, under the same number: nothing may be in them
    ///   that changes from one time to the next, as a number must never be encrypted with two contents.
    init(_ map: ExtensionMap, repeatsInPlace: Bool) {
        if !repeatsInPlace {
            transportSequence = map[.transportSequence]
            absoluteSendTime = map[.absoluteSendTime]
        }
        audioLevel = map[.audioLevel]
        videoOrientation = map[.videoOrientation]
        playoutDelay = map[.playoutDelay]
        dependencyDescriptor = map[.dependencyDescriptor]
        let all = [
            transportSequence, absoluteSendTime, audioLevel, videoOrientation, playoutDelay,
            dependencyDescriptor,
        ]
        isLong = all.contains { $0 > 14 }
        self.repeatsInPlace = repeatsInPlace
    }

    /// Whether a packet needs the long form.
    @inline(__always)
    func isLong(_ record: PacketRecord) -> Bool {
        isLong || (dependencyDescriptor != 0 && record.descriptorCount > 16)
    }

    /// Bytes of all extensions of a packet, with what is in front of them; 0 for none.
    @inline(__always)
    func count(_ record: PacketRecord) -> Int {
        let front = isLong(record) ? 2 : 1
        var count = 0
        if transportSequence != 0 { count &+= 2 &+ front }
        if absoluteSendTime != 0 { count &+= 3 &+ front }
        if audioLevel != 0, record.hasAudioLevel { count &+= 1 &+ front }
        if videoOrientation != 0, record.orientation != 255 { count &+= 1 &+ front }
        if playoutDelay != 0, record.playoutDelay != .max { count &+= 3 &+ front }
        if dependencyDescriptor != 0, record.descriptorCount > 0 {
            count &+= Int(record.descriptorCount) &+ front
        }
        return count == 0 ? 0 : 4 &+ (count &+ 3) & ~3
    }
}

/// Writes header extensions whose size is known. RFC 8285 §4.2, §4.3.
@safe struct ExtensionWriter: ~Copyable {
    private let start: UnsafeMutableRawPointer
    private var next: UnsafeMutableRawPointer
    private let isLong: Bool

    @inline(__always)
    init(_ start: UnsafeMutableRawPointer, _ extensions: SlotExtensions, _ record: PacketRecord) {
        unsafe self.start = start
        unsafe next = start + 4
        isLong = extensions.isLong(record)
    }

    @inline(__always)
    private mutating func open(_ id: UInt8, _ count: Int) {
        if isLong {
            unsafe next.storeBytes(of: id, as: UInt8.self)
            unsafe next.storeBytes(of: UInt8(truncatingIfNeeded: count), toByteOffset: 1, as: UInt8.self)
            unsafe next += 2
        } else {
            unsafe next.storeBytes(of: id &<< 4 | UInt8(truncatingIfNeeded: count &- 1), as: UInt8.self)
            unsafe next += 1
        }
    }

    @inline(__always)
    mutating func add8(_ id: UInt8, _ value: UInt8) {
        guard id != 0 else { return }
        open(id, 1)
        unsafe next.storeBytes(of: value, as: UInt8.self)
        unsafe next += 1
    }

    @inline(__always)
    mutating func add16(_ id: UInt8, _ value: UInt16) {
        guard id != 0 else { return }
        open(id, 2)
        unsafe next.storeBytes(of: value.bigEndian, as: UInt16.self)
        unsafe next += 2
    }

    @inline(__always)
    mutating func add24(_ id: UInt8, _ value: UInt32) {
        guard id != 0 else { return }
        open(id, 3)
        unsafe next.storeBytes(of: UInt8(truncatingIfNeeded: value &>> 16), as: UInt8.self)
        unsafe next.storeBytes(
            of: UInt16(truncatingIfNeeded: value).bigEndian, toByteOffset: 1, as: UInt16.self)
        unsafe next += 3
    }

    /// What the sender said about the packet itself.
    @inline(__always)
    mutating func addFacts(
        _ record: PacketRecord, _ extensions: SlotExtensions, _ descriptor: UnsafeRawPointer,
        frameOffset: UInt16
    ) {
        if record.hasAudioLevel { add8(extensions.audioLevel, record.audioLevel) }
        if record.orientation != 255 { add8(extensions.videoOrientation, record.orientation) }
        if record.playoutDelay != .max { add24(extensions.playoutDelay, record.playoutDelay) }
        guard extensions.dependencyDescriptor != 0, record.descriptorCount > 0 else { return }
        let count = Int(record.descriptorCount)
        open(extensions.dependencyDescriptor, count)
        unsafe next.copyMemory(from: descriptor, byteCount: count)
        let frame = record.frameNumber &+ frameOffset
        unsafe next.storeBytes(
            of: frame.bigEndian, toByteOffset: DependencyDescriptor.frameNumberOffset, as: UInt16.self)
        unsafe next += count
    }

    /// Fills up to the end and writes the length in front.
    @inline(__always)
    consuming func finish(at end: UnsafeMutableRawPointer) {
        while unsafe next < end {
            unsafe next.storeBytes(of: 0, as: UInt8.self)
            unsafe next += 1
        }
        let form: UInt16 = isLong ? 0x1000 : 0xBEDE
        unsafe start.storeBytes(of: form.bigEndian, as: UInt16.self)
        let words = unsafe UInt16(truncatingIfNeeded: (end - start - 4) / 4)
        unsafe start.storeBytes(of: words.bigEndian, toByteOffset: 2, as: UInt16.self)
    }
}
