import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jacoco.core.analysis.Analyzer;
import org.jacoco.core.analysis.CoverageBuilder;
import org.jacoco.core.analysis.ICounter;
import org.jacoco.core.analysis.ISourceFileCoverage;
import org.jacoco.core.tools.ExecFileLoader;

/**
 * What JaCoCo's agent wrote, as JSON: lines of each source file, and numbers of those that never ran.
 *
 * <p>Run as a source file: java -cp org.jacoco.core.jar:asm… Coverage.java jacoco.exec classes sources
 *
 * <p>Lines behind a source file's end are code that Kotlin inlined from elsewhere: they are counted where they stand.
 */
final class Coverage {
    public static void main(String[] arguments) throws IOException {
        ExecFileLoader ran = new ExecFileLoader();
        ran.load(new File(arguments[0]));
        CoverageBuilder found = new CoverageBuilder();
        new Analyzer(ran.getExecutionDataStore(), found).analyzeAll(new File(arguments[1]));
        List<String> files = new ArrayList<>();
        for (ISourceFileCoverage file : found.getSourceFiles()) {
            Path source = Path.of(arguments[2], file.getPackageName(), file.getName());
            if (Files.exists(source)) { // else Kotlin's own library, inlined with a class of its own
                files.add(file(file, Files.readAllLines(source).size()));
            }
        }
        files.sort(null);
        System.out.println("[\n" + String.join(",\n", files) + "\n]");
    }

    private static String file(ISourceFileCoverage file, int end) {
        List<String> missed = new ArrayList<>();
        int lines = 0;
        for (int line = file.getFirstLine(); line <= Math.min(end, file.getLastLine()); line++) {
            int status = file.getLine(line).getStatus();
            lines += status == ICounter.EMPTY ? 0 : 1;
            if (status == ICounter.NOT_COVERED) {
                missed.add(String.valueOf(line));
            }
        }
        return String.format(
                Locale.ROOT,
                "{\"file\": \"%s/%s\", \"lines\": %d, \"covered\": %d, \"missed\": [%s]}",
                file.getPackageName(),
                file.getName(),
                lines,
                lines - missed.size(),
                String.join(", ", missed));
    }

    private Coverage() {}
}
