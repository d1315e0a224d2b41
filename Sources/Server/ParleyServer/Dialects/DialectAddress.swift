// SPDX-License-Identifier: Apache-2.0
internal import Dialects
internal import ServerConfig
internal import SocketIO

/// An address at which dialects are spoken: a port of their own, or a path of the server's main address.
struct DialectAddress: Sendable {
    enum Place: Hashable, Sendable {
        case port(UInt16)
        /// Begins with a slash and does not end with one.
        case path(String)
    }

    /// Below which a dialect has its path on the main address.
    static let root = "/dialects/"

    let place: Place
    /// In the order of ``DialectKey``. A path has one.
    let keys: [DialectKey]
    /// Pages served besides, on a port only: on the main address they could act in the name of the host.
    let folder: String?
    let sockets: SocketServer

    /// What comes before the paths that clients of the dialects know.
    var prefix: String { if case .path(let path) = place { path } else { "" } }

    private init(_ place: Place, _ keys: [DialectKey], folder: String?, _ config: ServerConfig) {
        self.place = place
        self.keys = DialectKey.allCases.filter(keys.contains)
        self.folder = folder
        var options = SocketServerOptions(config)
        if case .path(let path) = place { options.path = path + options.path }
        options.allowsEngineIO3 = keys.contains(where: \.hasOldClients)
        options.keptHeaders = []
        // Anybody's pages, but without cookies: what counts is what they say, not who shows them.
        options.origins = .any
        // Nobody has handlers that wait, and a client's events are few.
        options.maxNamespaces = 4
        sockets = SocketServer(options)
    }

    /// All addresses of a configuration: the ports in their order, then the paths.
    static func all(_ config: ServerConfig) -> [DialectAddress] {
        let choices = config.dialects.choices
        var ports: [UInt16: [DialectChoice]] = [:]
        // Each dialect on port 0 gets a free port of its own.
        var free: [DialectAddress] = []
        for choice in choices {
            for port in choice.ports {
                if port == 0 {
                    free.append(DialectAddress(.port(0), [choice.key], folder: choice.folder, config))
                } else {
                    ports[port, default: []].append(choice)
                }
            }
        }
        let shared = ports.sorted { $0.key < $1.key }.map { port, choices in
            let folder = choices.compactMap(\.folder).first
            return DialectAddress(.port(port), choices.map(\.key), folder: folder, config)
        }
        let paths = choices.map { choice in
            DialectAddress(.path(root + choice.key.rawValue), [choice.key], folder: nil, config)
        }
        return shared + free + paths
    }
}
