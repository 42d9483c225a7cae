package import JSON

/// Commands of the domain Emulation.
package enum EmulationDomain {
    /// Gives the page a size.
    package struct SetDeviceMetricsOverride: DevToolsCommand {
        package static let method = "Emulation.setDeviceMetricsOverride"
        /// In CSS pixels.
        package var width: Int64
        /// In CSS pixels.
        package var height: Int64

        /// What is seen is of this size from now on.
        package init(width: Int64, height: Int64) { (self.width, self.height) = (width, height) }

        package var parameters: JSONObject {
            ["width": .integer(width), "height": .integer(height), "deviceScaleFactor": 1, "mobile": false]
        }
    }
}
