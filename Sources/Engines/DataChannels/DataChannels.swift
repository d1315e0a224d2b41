// SPDX-License-Identifier: Apache-2.0
internal import ByteCoding
public import EngineKit

/// A message as pages know them. RFC 8831 §6.6.
public enum DataMessage: Hashable, Sendable {
    case text(String)
    case binary([UInt8])
}

/// The data channels of one connection, over SCTP inside its DTLS. RFC 8831, RFC 8832.
public struct DataChannels: Engine, Sendable {
    public enum Input: Sendable {
        /// Begin; who does not is begun with.
        case connect
        /// One message of DTLS.
        case received([UInt8])
        case open(DataChannelPlan)
        case send(DataMessage, on: UInt16)
        case close(UInt16)
        /// End everything at once.
        case abort
        case tick
    }

    public enum Output: Hashable, Sendable {
        /// One message for DTLS.
        case transmit([UInt8])
        case connected
        /// A channel is there: the peer opened it, or we did and may send.
        case opened(UInt16, DataChannelPlan, byPeer: Bool)
        case received(DataMessage, on: UInt16)
        case closed(UInt16)
        /// A message could not be sent: there is no such channel, or too much waits already.
        case refused(UInt16)
        case ended(SCTPEnd)
    }

    /// Payload protocol identifiers. RFC 8831 §8.
    private enum Kind {
        static let control: UInt32 = 50
        static let text: UInt32 = 51
        static let binary: UInt32 = 53
        static let emptyText: UInt32 = 56
        static let emptyBinary: UInt32 = 57
    }

    private var association: SCTPAssociation
    private let settings: SCTPSettings
    /// Whether our channels have even numbers: those of the DTLS client. RFC 8832 §6.
    private let isClient: Bool
    private var channels: [UInt16: DataChannelPlan] = [:]
    private var outputs = Queue<Output>()
    private var waiting: [DataChannelPlan] = []

    public init(_ settings: SCTPSettings = SCTPSettings(), isClient: Bool, random: any RandomSource) {
        self.settings = settings
        self.isClient = isClient
        association = SCTPAssociation(settings, random: random)
    }

    public var deadline: Instant? { association.deadline }
    public mutating func poll() -> Output? { outputs.popFirst() }
    /// How many channels are open.
    public var count: Int { channels.count }

    public mutating func handle(_ input: consuming Input, at now: Instant) {
        switch input {
        case .connect: association.connect(at: now)
        case .received(let bytes): association.receive(bytes, at: now)
        case .open(let plan): open(plan, at: now)
        case .send(let message, let channel): send(message, channel, at: now)
        case .close(let channel):
            if channels.removeValue(forKey: channel) != nil {
                association.reset(channel, at: now)
                outputs.append(.closed(channel))
            }
        case .abort: association.abort()
        case .tick: association.tick(at: now)
        }
        collect(at: now)
    }

    private mutating func open(_ plan: DataChannelPlan, at now: Instant) {
        guard association.isEstablished else {
            if waiting.count < 16 { waiting.append(plan) }
            return
        }
        let first: UInt16 = isClient ? 0 : 1
        let number = stride(from: first, to: settings.streams, by: 2).first { channels[$0] == nil }
        guard let number else { return outputs.append(.refused(settings.streams)) }
        let message = SCTPMessage(stream: number, kind: Kind.control, bytes: DCEPMessage.open(plan).encoded)
        guard association.send(message, at: now) else { return outputs.append(.refused(number)) }
        channels[number] = plan
        outputs.append(.opened(number, plan, byPeer: false))
    }

    private mutating func send(_ message: DataMessage, _ channel: UInt16, at now: Instant) {
        guard let plan = channels[channel] else { return outputs.append(.refused(channel)) }
        let (kind, bytes) =
            switch message {
            case .text(let text): text.isEmpty ? (Kind.emptyText, [0]) : (Kind.text, Array(text.utf8))
            case .binary(let bytes): bytes.isEmpty ? (Kind.emptyBinary, [0]) : (Kind.binary, bytes)
            }
        let isSent = association.send(
            SCTPMessage(stream: channel, kind: kind, bytes: bytes), plan.reliability, at: now)
        if !isSent { outputs.append(.refused(channel)) }
    }

    private mutating func collect(at now: Instant) {
        while let event = association.poll() {
            switch event {
            case .transmit(let bytes): outputs.append(.transmit(bytes))
            case .opened:
                outputs.append(.connected)
                let plans = waiting
                waiting = []
                for plan in plans { open(plan, at: now) }
            case .received(let message): take(message, at: now)
            case .reset(let streams):
                for stream in streams where channels.removeValue(forKey: stream) != nil {
                    association.reset(stream, at: now)
                    outputs.append(.closed(stream))
                }
            case .closed(let reason):
                for channel in channels.keys.sorted() { outputs.append(.closed(channel)) }
                channels = [:]
                outputs.append(.ended(reason))
            }
        }
    }

    private mutating func take(_ message: SCTPMessage, at now: Instant) {
        switch message.kind {
        case Kind.control: takeControl(message, at: now)
        case Kind.text:
            // Text that is none ends its channel: a page would show nonsense.
            guard let text = String(validating: message.bytes, as: UTF8.self) else {
                guard channels.removeValue(forKey: message.stream) != nil else { return }
                association.reset(message.stream, at: now)
                return outputs.append(.closed(message.stream))
            }
            deliver(.text(text), message.stream)
        case Kind.binary: deliver(.binary(message.bytes), message.stream)
        case Kind.emptyText: deliver(.text(""), message.stream)
        case Kind.emptyBinary: deliver(.binary([]), message.stream)
        default: break
        }
    }

    private mutating func deliver(_ message: DataMessage, _ channel: UInt16) {
        guard channels[channel] != nil else { return }
        outputs.append(.received(message, on: channel))
    }

    private mutating func takeControl(_ message: SCTPMessage, at now: Instant) {
        guard case .open(let plan)? = try? DCEPMessage(message.bytes) else { return }
        // A peer opens its own numbers and each once. RFC 8832 §6.
        guard channels[message.stream] == nil, message.stream & 1 == (isClient ? 1 : 0) else {
            return association.reset(message.stream, at: now)
        }
        channels[message.stream] = plan
        _ = association.send(
            SCTPMessage(stream: message.stream, kind: Kind.control, bytes: DCEPMessage.acknowledge.encoded),
            at: now)
        outputs.append(.opened(message.stream, plan, byPeer: true))
    }
}
