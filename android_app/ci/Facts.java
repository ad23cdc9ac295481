// Prints what the core reads from model files: java -cp CORE Facts.java FILE...   (name, precision and hash of the weights)

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import org.sixdrepnext.headpose.core.models.ModelFormat;

public final class Facts {
    public static void main(String[] files) throws IOException {
        for (String file : files) {
            Path path = Path.of(file);
            String name = path.getFileName().toString();
            try (FileChannel channel = FileChannel.open(path)) {
                var content = channel.map(FileChannel.MapMode.READ_ONLY, 0, Files.size(path));
                var facts = ModelFormat.Companion.needed(name).facts(content, name);
                System.out.println(facts.getName() + " " + facts.getTarget() + " " + facts.getCheckpoint().getSha256());
            }
        }
    }
}
