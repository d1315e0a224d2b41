// SPDX-License-Identifier: Apache-2.0

import FuzzKit
import RTP

/// Every kind under some identifier.
private let map = ExtensionMap(ExtensionKind.allCases.map { (UInt8($0.rawValue) + 1, $0) })

@unsafe func examineMedia(_ bytes: UnsafeRawBufferPointer) {
    guard let header = unsafe RTPHeader(bytes) else { return }
    let payload = header.payload(of: bytes.count)
    promise(
        payload.lowerBound >= RTPHeader.size && payload.upperBound <= bytes.count,
        "a payload is in its packet")
    var cursor = ExtensionCursor(header)
    var end = header.extensionStart
    while let element = unsafe cursor.next(in: bytes) {
        promise(element.start >= end, "elements follow each other")
        end = element.value.upperBound
        promise(end <= header.extensionStart + header.extensionCount, "and are in the header")
        promise(element.id > 0, "padding is no element")
    }
    let found = unsafe HeaderExtensions(bytes, header, map)
    for place in [found.mid, found.rid, found.repairedRID, found.dependencyDescriptor, found.colorSpace] {
        promise(place.range.upperBound <= bytes.count, "a value is in its packet")
    }
    promise(found.audioLevel ?? 0 <= 127, "a level has seven bits")
    if let repeated = unsafe RTXPacket(bytes, header) {
        promise(
            repeated.payload.upperBound == payload.upperBound, "a repeated payload ends where its packet does"
        )
    }
}

@unsafe func examinePayload(_ bytes: UnsafeRawBufferPointer) {
    for codec in VideoCodec.allCases {
        guard let facts = unsafe FrameFacts(codec, bytes, marker: true) else { continue }
        promise(Int(facts.descriptorCount) <= bytes.count, "a descriptor is in its payload")
        promise(
            facts.pictureIDBits == 0
                || Int(facts.pictureIDOffset) + Int(facts.pictureIDBits) / 8 < Int(facts.descriptorCount),
            "a picture id is in its descriptor")
        promise(
            facts.tl0Offset == 0 || facts.tl0Offset < facts.descriptorCount, "and so is the layer's number")
        promise(facts.temporal < 8 && facts.spatial < 8, "layers have three bits")
    }
    if let opus = unsafe OpusPayload(bytes) {
        promise(opus.frames <= 48 && opus.frameSamples <= 2880, "a packet of Opus is short")
    }
    guard var cursor = unsafe REDCursor(bytes) else { return }
    var end = 0
    var primaries = 0
    while let block = unsafe cursor.next(in: bytes) {
        promise(block.start >= end && block.range.upperBound <= bytes.count, "blocks follow each other")
        end = block.range.upperBound
        primaries += block.isPrimary ? 1 : 0
    }
    promise(primaries == 1 && end == bytes.count, "the primary block is the last")
}

/// The input is descriptors behind their lengths, as consecutive packets have them.
@unsafe func examineDescriptors(_ bytes: UnsafeRawBufferPointer) {
    var structure = DependencyStructure()
    var tracker = DependencyTracker()
    var offset = 0
    while offset < bytes.count {
        let count = unsafe min(Int(bytes[offset]), bytes.count - offset - 1)
        let value = unsafe UnsafeRawBufferPointer(rebasing: bytes[offset + 1..<offset + 1 + count])
        offset += 1 + count
        guard let descriptor = unsafe DependencyDescriptor(value, &structure) else { continue }
        promise(!structure.isEmpty, "a descriptor has a structure")
        promise(Int(descriptor.spatial) < structure.spatialLayers, "a layer is one of the structure's")
        promise(Int(descriptor.temporal) < structure.temporalLayers, "both are")
        var facts = FrameFacts()
        let other = unsafe tracker.read(value, &facts)
        promise(other == descriptor, "both ways of reading agree")
        for layer in 0..<16 as Range<UInt8> { _ = facts.indication(spatial: layer / 4, temporal: layer % 4) }
        for target in 0..<structure.targetCount {
            promise(
                structure.protectingChain[target] < max(1, structure.chainCount),
                "a chain is one of its chains")
            _ = descriptor.indication(target)
        }
    }
}
