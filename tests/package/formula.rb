# Homebrew's part of a formula, as far as ours goes: reads FORMULA, notes what it says, and runs its test.
#
# usage: formula.rb FORMULA PROGRAM FOLDER
#
# PROGRAM is called as bin/kportscan; FOLDER is where the test works. Prints JSON.

require "fileutils"
require "json"
require "pathname"

# The words that a formula may use.
class Formula
  SAID = { "depends_on" => [], "system" => [], "assertions" => 0 }

  class << self
    attr_reader :checks

    ["desc", "homepage", "url", "sha256", "license"].each do |word|
      define_method(word) { |value| SAID[word] = value }
    end

    def depends_on(what)
      name, kind = what.is_a?(Hash) ? what.first : [what, nil]
      SAID["depends_on"] << [name, kind]
    end

    def test(&block)
      @checks = block
    end
  end

  def std_cmake_args
    ["-DCMAKE_INSTALL_PREFIX=/usr"]
  end

  def system(*command)
    SAID["system"] << command
  end

  def bin
    Pathname.new(Dir.pwd)/"bin"
  end

  def testpath
    Pathname.new(Dir.pwd)
  end

  def shell_output(command, code = 0)
    text = `#{command}`
    raise "#{command}: exit #{$?.exitstatus}, wanted #{code}" unless $?.exitstatus == code

    text
  end

  def assert_match(wanted, text)
    SAID["assertions"] += 1
    raise "no #{wanted} in #{text}" unless text.include?(wanted)
  end
end

formula, program, folder = ARGV
load formula
Dir.chdir(folder)
FileUtils.mkdir("bin")
FileUtils.ln_s(program, "bin/kportscan")
made = Kportscan.new
made.install
made.instance_eval(&Kportscan.checks)
puts JSON.generate(Formula::SAID)
