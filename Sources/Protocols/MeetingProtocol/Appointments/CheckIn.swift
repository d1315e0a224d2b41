// SPDX-License-Identifier: Apache-2.0
public import JSON

/// What a client's own page found out before they entered the waiting room.
public struct CheckIn: PayloadCodable {
    /// A camera or a microphone.
    public enum Device: String, Hashable, Sendable, CaseIterable {
        case ok
        /// The person or their system does not allow it.
        case denied
        case missing
        /// Left off on purpose.
        case off
    }

    public enum Network: String, Hashable, Sendable, CaseIterable {
        case good, fair, poor, unknown
    }

    public var camera: Device
    public var microphone: Device
    public var network: Network
    /// Whether the client agreed to what the professional's booking page asks them to agree to.
    public var consent: Bool

    public init(
        camera: Device, microphone: Device, network: Network = .unknown, consent: Bool = false
    ) {
        self.camera = camera
        self.microphone = microphone
        self.network = network
        self.consent = consent
    }

    public init(payload: JSONValue?, at path: String) throws(InvalidEvent) {
        let reader = try PayloadReader(payload, at: path)
        camera = try reader.choice("camera")
        microphone = try reader.choice("microphone")
        network = try reader.choice("network")
        consent = try reader.bool("consent")
    }

    public var payload: JSONValue {
        [
            "camera": .string(camera.rawValue), "microphone": .string(microphone.rawValue),
            "network": .string(network.rawValue), "consent": .bool(consent),
        ]
    }
}
