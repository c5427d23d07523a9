# Evaluates a Homebrew formula where there is no Homebrew: checks the checksum of its archive, runs its
# installation into a new prefix, and its test. Arguments: formula, folder of the archives, prefix.
require "digest"
require "fileutils"
require "pathname"
require "tmpdir"

FORMULA, ARCHIVES, PREFIX = ARGV
PROCESSOR = RUBY_PLATFORM.match?(/aarch64|arm64/) ? :arm : :intel

class Folder < Pathname
  def install(*names)
    mkpath
    names.each { |name| FileUtils.cp(name, self) }
  end
end

class Formula
  class << self
    %i[desc homepage version license url sha256].each do |field|
      define_method(field) do |value = nil|
        value ? instance_variable_set("@#{field}", value) : instance_variable_get("@#{field}")
      end
    end
    attr_reader :test_block

    def on_linux = yield
    def on_macos; end
    def on_intel = (yield if PROCESSOR == :intel)
    def on_arm = (yield if PROCESSOR == :arm)
    def service; end
    def test(&block) = @test_block = block
    def inherited(child) = (@found = child; super)
    attr_reader :found
  end

  def version = self.class.version
  def prefix = Folder.new(PREFIX)
  def bin = Folder.new(File.join(PREFIX, "bin"))
  def shell_output(command) = `#{command}`.tap { raise "#{command}: #{$?}" unless $?.success? }
  def assert_match(expected, text) = (raise "#{text.inspect} has no #{expected.inspect}" unless text.match?(expected))
end

load FORMULA
formula = Formula.found
%i[desc homepage version license url sha256].each { |field| raise "no #{field}" unless formula.send(field) }
raise "the description begins with an article" if formula.desc.match?(/\A(An?|The) /)
archive = File.join(ARCHIVES, File.basename(formula.url))
found = Digest::SHA256.file(archive).hexdigest
raise "#{archive}: expected #{formula.sha256}, found #{found}" unless found == formula.sha256
Dir.mktmpdir do |folder|
  system("tar", "-xzf", archive, "-C", folder, "--strip-components=1") || raise("tar")
  Dir.chdir(folder) { formula.new.install }
end
formula.new.instance_eval(&formula.test_block)
puts formula.version
