// SPDX-License-Identifier: Apache-2.0
import SocketIO

/// Opens the namespace of the Admin UI, if the arguments say so: `--admin USER:PASSWORD`, where a
/// password that begins with `$` is a hash.
func openAdmin(_ io: SocketServer) throws {
    guard let login = argument("admin")?.split(separator: ":", maxSplits: 1).map(String.init) else { return }
    var options =
        login[1].hasPrefix("$")
        ? AdminOptions(username: login[0], passwordHash: login[1])
        : AdminOptions(username: login[0], password: login[1])
    options.isReadOnly = argument("admin-readonly") != nil
    options.mode = argument("admin-mode") == "production" ? .production : .development
    options.failureDelay = .milliseconds(200)
    options.statisticsInterval = .milliseconds(200)
    try io.admin(options)
}
