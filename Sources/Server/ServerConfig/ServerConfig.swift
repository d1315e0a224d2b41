// SPDX-License-Identifier: Apache-2.0
public import NetworkAddresses

/// Everything an operator may choose, with the values that suit nearly everyone.
///
/// The names, explanations and text forms are in ``Setting/all``; ``load(_:)`` fills one in from the layers.
public struct ServerConfig: Hashable, Sendable {
    public var http = HTTP()
    public var tls = TLS()
    public var data = Data()
    public var rooms = Rooms()
    public var chat = Chat()
    public var files = Files()
    public var appointments = Appointments()
    public var embedding = Embedding()
    public var branding = Branding()
    public var media = Media()
    public var webhooks = Webhooks()
    public var turn = Turn()
    public var log = Log()
    public var metrics = Metrics()
    public var api = API()
    /// Signalling protocols of other people's pages; none unless asked for.
    public var dialects = DialectChoices()
    /// Event loops, each with a thread of its own; 0 for one per core.
    public var loops = 0

    public init() {}

    public struct HTTP: Hashable, Sendable {
        public var listen = ListenAddress(host: "0.0.0.0", port: 8443)
        /// Whose `X-Forwarded-*` headers are believed. With TLS off nobody else may connect, loopback excepted.
        public var trustedProxies: [AddressRange] = []
        /// Origins that may open connections and start meetings besides the server's own.
        public var allowedOrigins: [Origin] = []
        public var strictTransportSecurity = false
        /// permessage-deflate, RFC 7692.
        public var webSocketCompression = false
    }

    public struct TLS: Hashable, Sendable {
        public enum Mode: String, SettingChoice {
            /// Certificates from Parley's own authority, made and renewed in the data folder.
            case local
            /// The operator's certificate and key.
            case files
            /// Plain HTTP: on loopback or behind a proxy only.
            case off
        }
        public var mode = Mode.local
        /// PEM: the certificate, then its issuers.
        public var certificate: String?
        public var key: String?
    }

    public struct Data: Hashable, Sendable {
        public var folder = "./data"
        /// The SQLite file with meetings and chat.
        public var database: String { folder + (folder.hasSuffix("/") ? "" : "/") + "parley.sqlite" }
    }

    public struct Rooms: Hashable, Sendable {
        public enum Creation: String, SettingChoice { case anyone, host }
        /// Most participants in one meeting.
        public var capacity = 100
        /// How long a participant whose connection is lost keeps their seat.
        public var reconnectGrace = Duration.seconds(30)
        public var creation = Creation.anyone
    }

    public struct Chat: Hashable, Sendable {
        public enum Retention: String, SettingChoice { case none, meeting, day, month }
        /// For meetings whose creator does not choose.
        public var retention = Retention.day
    }

    public struct Files: Hashable, Sendable {
        /// Most megabytes (10⁶ bytes) of one file in the chat; 0 for no files at all.
        public var size = 25
        /// Most files of one meeting at a time.
        public var perMeeting = 100
        /// Megabytes of all files together.
        public var space = 2000
        /// How long a file is kept if its message is.
        public var expiry = Duration.seconds(7 * 24 * 3600)
        public var refused = FileEnding.dangerous
    }

    public struct Appointments: Hashable, Sendable {
        /// How long a client whose connection is lost keeps their place in the waiting room.
        public var reconnectGrace = Duration.seconds(600)
    }

    public struct Embedding: Hashable, Sendable {
        /// Sites whose pages may show ours in a frame.
        public var origins: [Origin] = []
    }

    public struct Log: Hashable, Sendable {
        public enum Format: String, SettingChoice { case text, json }
        public enum Level: String, SettingChoice { case debug, info, warning, error }
        public var format = Format.text
        public var level = Level.info
    }

    public struct API: Hashable, Sendable {
        /// A file with the public keys of an issuer whose bearer tokens are accepted.
        public var keys: String?
    }

    public struct Metrics: Hashable, Sendable {
        /// A file whose first line is the bearer token for `/metrics`; without one, only loopback may ask.
        public var tokenFile: String?
    }
}
