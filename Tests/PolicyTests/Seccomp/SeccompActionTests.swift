import Policy
import Testing

@Suite struct SeccompActionTests {
    private static let actions: [SeccompAction] = [
        .killProcess, .killThread, .trap, .errno(1), .errno(38), .errno(133), .notify, .log, .allow,
    ]

    @Test(arguments: actions)
    func `an action is found again by what a program returns`(action: SeccompAction) {
        #expect(SeccompAction(returnValue: action.returnValue) == action)
    }

    @Test(arguments: [0x0005_0000, 0x7ff0_0000, 0x7ff0_0001, 0x0003_0001, 0x7fff_0001, 1, .max] as [UInt32])
    func `a return value no policy leads to is no action`(value: UInt32) {
        #expect(SeccompAction(returnValue: value) == nil)
    }

    @Test func `actions are ranked as the kernel ranks stacked filters`() {
        for (index, action) in Self.actions.enumerated() {
            for (other, lesser) in Self.actions.enumerated() {
                #expect(action.outranks(lesser) == (index < other))
            }
        }
    }

    @Test func `only allow and log permit a call`() {
        #expect(Self.actions.filter(\.permits) == [.log, .allow])
    }
}
