export default () => globalThis.feishuMock.close()
