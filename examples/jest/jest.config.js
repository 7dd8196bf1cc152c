export default {
  // Packages that are ES modules are loaded as they are.
  transform: {},
  globalSetup: "./test/startMock.js",
  globalTeardown: "./test/stopMock.js",
}
