# A formula for a tap of Homebrew on Linux; OWNER and the checksum are filled in by whoever publishes a release.
class Kportscan < Formula
  desc "Port conflicts of Docker and Kubernetes, before anything starts"
  homepage "https://github.com/OWNER/kportscan"
  url "https://github.com/OWNER/kportscan/archive/refs/tags/v0.1.0.tar.gz"
  sha256 "0000000000000000000000000000000000000000000000000000000000000000"
  license "Apache-2.0"

  depends_on "cmake" => :build
  depends_on "ninja" => :build
  depends_on "pkgconf" => :build
  depends_on "curl"
  depends_on "jansson"
  depends_on "libyaml"
  depends_on :linux

  def install
    system "cmake", "-S", ".", "-B", "build", "-G", "Ninja", "-DBUILD_TESTING=OFF", "-DKPS_LTO=ON", *std_cmake_args
    system "cmake", "--build", "build"
    system "cmake", "--install", "build"
  end

  test do
    (testpath/"compose.yaml").write <<~YAML
      services:
        a: {image: x, ports: ["8080:80"]}
        b: {image: x, ports: ["8080:81"]}
    YAML
    assert_match "KP101", shell_output("#{bin}/kportscan --lint -o short compose.yaml", 1)
  end
end
