// SPDX-License-Identifier: Apache-2.0

/// One stream of packets of a track.
public struct EncodingPlan: Hashable, Sendable, BitwiseCopyable {
    /// Names the layer in packets until its SSRC is known; `nil` without simulcast by RID.
    public var rid: ShortName?
    /// `nil` when packets must tell it, by ``rid`` or by the section's mid. Never 0.
    public var ssrc: UInt32?
    /// The SSRC of what is sent again.
    public var rtxSSRC: UInt32?

    public init(rid: ShortName? = nil, ssrc: UInt32? = nil, rtxSSRC: UInt32? = nil) {
        self.rid = rid
        self.ssrc = ssrc
        self.rtxSSRC = rtxSSRC
    }
}

/// A media section in which the other end sends.
public struct TrackPlan: Hashable, Sendable {
    public var mid: ShortName
    public var kind: MediaKind
    /// `false` once the section is inactive or rejected: nothing of it is taken any more.
    public var isActive: Bool
    /// Most preferred first; never empty while active. Packets of other payload types are not taken.
    public var codecs: [CodecPlan]
    /// In the order offered (lowest quality first in our client). One without name where there is no simulcast.
    public var encodings: [EncodingPlan]
    public var extensions: [ExtensionPlan]

    public init(
        mid: ShortName, kind: MediaKind, isActive: Bool = true, codecs: [CodecPlan],
        encodings: [EncodingPlan] = [EncodingPlan()], extensions: [ExtensionPlan] = []
    ) {
        self.mid = mid
        self.kind = kind
        self.isActive = isActive
        self.codecs = codecs
        self.encodings = encodings
        self.extensions = extensions
    }
}

/// A media section in which we send: one thing after another, under numbers that stay.
public struct SlotPlan: Hashable, Sendable {
    public var mid: ShortName
    public var kind: MediaKind
    /// `false` while the other end wants nothing in it.
    public var isActive: Bool
    /// Ours, told in the answer; the same over every later offer. Never 0.
    public var ssrc: UInt32
    /// Where lost packets are sent again; `nil` when no payload type has a place for them.
    public var rtxSSRC: UInt32?
    /// What the other end decodes, most preferred first, under its payload types.
    public var codecs: [CodecPlan]
    public var extensions: [ExtensionPlan]
    /// The CNAME of SDES; one for all slots of a connection. RFC 8834 §4.9.
    public var cname: String

    public init(
        mid: ShortName, kind: MediaKind, isActive: Bool = true, ssrc: UInt32, rtxSSRC: UInt32? = nil,
        codecs: [CodecPlan], extensions: [ExtensionPlan] = [], cname: String
    ) {
        self.mid = mid
        self.kind = kind
        self.isActive = isActive
        self.ssrc = ssrc
        self.rtxSSRC = rtxSSRC
        self.codecs = codecs
        self.extensions = extensions
        self.cname = cname
    }

    /// How packets of `format` go out in this slot; `nil` when the other end cannot decode them.
    public func codec(for format: CodecFormat) -> CodecPlan? { codecs.taking(format) }
}

/// Everything that an offer and its answer agreed on.
public struct MediaPlan: Hashable, Sendable {
    public var connection: ConnectionPlan
    /// In the order of the sections; those that became inactive stay in it.
    public var tracks: [TrackPlan]
    public var slots: [SlotPlan]

    public init(connection: ConnectionPlan, tracks: [TrackPlan] = [], slots: [SlotPlan] = []) {
        self.connection = connection
        self.tracks = tracks
        self.slots = slots
    }
}
